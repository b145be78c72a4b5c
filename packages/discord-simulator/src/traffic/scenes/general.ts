import { type Scene, scene } from '../scene.ts';

/** Tea, weather, everything else. */
export const generalScenes: readonly Scene[] = [
  scene(
    'general',
    `
    maya: Good morning harbour. {weather} over here, and the kettle is on. ¦ Morning! {weather} outside, so today is an indoors day. ¦ Morning all ☀️ first coffee, first commit.
    ^ react ☕ leo priya
    leo: Morning! Greetings from {city}, where it is {5-27}°C and everybody complains. ¦ Buongiorno. {5-27} degrees and I forgot my jacket.
    priya: I have been awake since five because {animal} decided to sing under my window ¦ Slept badly, {animal} was on the balcony again
    ben> singing?? ¦ pics or it did not happen
    priya: Let us call it singing. ¦ Too dark for a picture. You will have to trust me.
    ^ react 😂 ben maya zoe
    maya: Put it on the wildlife list @priya. That makes {3-19} this year.
  `,
  ),
  scene(
    'general',
    `
    ben: ok serious question. is a hot dog a sandwich ¦ serious question for this serious server: does cereal count as soup
    leo: No.
    aiko: Yes.
    ^ react 👀 maya
    samira> You two answered within a second of each other. Have you been waiting for this? ¦ I see the battle lines are drawn
    leo: I have been waiting for this my whole life.
    tomasz: by the law of structural typing it is assignable ¦ duck typing says yes
    ^ react 💯 maya priya ben
    ^ react 🦆 aiko
    maya: This is what I get for letting engineers into a café server
    leo: I am muting this channel for {10-50} minutes. ¦ As moderator I rule: no. Appeals on {day}.
    ^ edit I am muting this channel for an hour.
  `,
  ),
  scene(
    'general',
    `
    poll maya: Which evening for the next game night? / Thursday / Friday / Sunday
    ^ vote 1 leo ben
    ^ vote 2 aiko zoe priya tomasz
    ^ vote 3 samira
    ^ close
    zoe: Friday please, Thursday is rehearsal ¦ any day but Thursday 🎻
    tomasz: I vote for the day with {game} on the table ¦ only if we play {game} again. I want my revenge
    ben> You lost by {12-40} points. Revenge is a strong word.
    ^ react 🔥 leo aiko
    tomasz: It was a learning game.
    aiko: I will bring {dish}. ¦ Snacks are on me this time: {dish}.
    ^ react 😍 ben maya samira nils
  `,
  ),
  scene(
    'general',
    `
    dana: Hi everyone! Just found this place through a friend, hope it is ok to jump in 👋 ¦ hello! long-time lurker, first message 😅
    ^ react 👋 maya leo priya samira zoe
    maya: Welcome @dana! Tea is in #kitchen, questions go to #help, chaos is right here.
    leo: Welcome! What brings you to the harbour?
    dana: I want to learn how to build a small website for my mum’s bakery ¦ I am trying to teach myself to program after work
    priya> Lovely. Ask anything in #help, we have all been there ¦ Then you are exactly right here. Bring questions!
    ^ react ❤️ dana
    nils: and bring samples from the bakery ¦ pay in cake
    ^ react 🥐 ben leo
  `,
  ),
  scene(
    'general',
    `
    samira: Does anybody have a book for a long train ride? {city} and back. ¦ Finished my book on the way home. What next?
    zoe: {book}. No contest.
    aiko> seconded, I cried on a tram ¦ I have given that one away {2-6} times
    tomasz: the manual of my new multimeter. thrilling ending
    ^ react 😂 samira
    samira: Ordering {book} now, thank you both. The multimeter can wait. ¦ Sold. Thank you!
    ben: report back when you reach the ||chapter about the tide||
    ^ react 🤐 zoe
  `,
  ),
  scene(
    'general',
    `
    nils: does anyone else hear the fog horn or is it just me ¦ is it just me or did the lights flicker
    leo: In {city}? No fog horn here. ¦ All calm on my side.
    nils: never mind, it was my fridge ¦ never mind. it was the washing machine. I am fine
    ^ react 🤣 leo ben maya tomasz
    ben> Please never delete this.
    nils: I should delete this
    ^ delete
    maya: Too late, it lives in our hearts
  `,
  ),
  scene(
    'general',
    `
    spam: FREE NITRO!!! claim here → discord-gift.example/{1000-9999}
    spam: only {10-60} left, hurry
    spam: FREE NITRO!!! claim here → discord-gift.example/{1000-9999}
    ^ purge 3
    leo: Cleaned up. Please do not click, and report such things to me. ¦ Swept. Thank you for the reports, that took {20-50} seconds.
    ^ react 🧹 maya priya
    samira: Thank you Leo 🙏
    ben: but I wanted the nitro ¦ there goes my nitro
    ^ react 😂 leo
  `,
  ),
  scene(
    'general',
    `
    aiko: Saw {animal} on the quay today. It looked at me as if I owed it rent. ¦ There is {animal} in front of the studio and it will not leave.
    ^ file quay-{100-999}.jpg image/jpeg 1600x1200 482113
    ^ react 😍 zoe samira priya
    zoe: that posture. that confidence.
    priya: Wildlife list! ¦ Adding it to the wildlife list
    leo> You probably do owe it rent. ¦ I would just pay.
    ^ react 💸 aiko
    aiko: It accepted half a croissant. We are even.
  `,
  ),
  scene(
    'general',
    `
    tomasz: reminder that the clocks change on {day} ¦ who invented daylight saving and can we talk
    priya: Every cron job I ever wrote just shivered
    maya: UTC or tears. ¦ Repeat after me: store UTC, show local.
    ^ react ⏰ priya tomasz
    ben: I missed a dentist appointment because of it in {2011-2023} and I am still not sorry
    samira> That one is on you ¦ the dentist remembers
  `,
  ),
  scene(
    'general',
    `
    zoe: Quick one: concert at the old customs house {soon}, entry is free 🎻 ¦ We play {soon} at the boat shed, come if you are near
    ^ react 🎶 maya aiko leo samira
    maya: Putting it in the calendar.
    nils: is there seating or is it a standing kind of violin
    zoe> It is a sitting kind of violin. There are cushions.
    ^ react 🪑 nils
    leo: I will be there with {2-5} friends. ¦ Count me in.
  `,
  ),
  scene(
    'general',
    `
    ben: today I learned that {city} has a museum of {color} door handles
    samira: Please tell me you went. ¦ and you are telling us this only now?
    ben: twice ¦ I am a member
    ^ react 🚪 samira tomasz
    leo: This server is the best thing in my week. ¦ Never change, Ben.
  `,
  ),
];
