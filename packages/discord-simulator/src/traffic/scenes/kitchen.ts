import { type Scene, scene } from '../scene.ts';

/** What is cooking. */
export const kitchenScenes: readonly Scene[] = [
  scene(
    'kitchen',
    `
    aiko: Tonight: {dish}, with far too much {spice}. ¦ Trying {dish} from my aunt’s notes. The notes say "{spice}, until it feels right".
    ^ react 🤤 ben leo
    ben: what time should I be there ¦ I can be there in {15-50} minutes
    aiko> You said that last time and brought {3-7} people
    ben: they were hungry ¦ and a cake! I brought a cake
    ^ react 🎂 maya
    zoe: It smells amazing from next door, just saying ¦ can confirm, the whole stairwell smells of {spice}
    ^ react 😍 aiko
  `,
  ),
  scene(
    'kitchen',
    `
    leo: Day {3-12} of the sourdough starter. It has doubled. It has a name now. ¦ The starter has escaped its jar. Again.
    ^ file starter.jpg image/jpeg 1200x1600 355020
    samira: Please say it is not called Bread Pitt ¦ What is the name??
    leo: Clint Yeastwood. ¦ Her name is Doughlene.
    ^ react 😂 samira maya priya ben zoe
    ^ react 🍞 aiko
    maya> moderator, moderate yourself ¦ I am taking away your role for {2-9} minutes
  `,
  ),
  scene(
    'kitchen',
    `
    priya: Unpopular opinion: {dish} is better on the second day. ¦ Unpopular opinion: {spice} belongs in hot chocolate.
    ^ react 👍 aiko samira
    ^ react 👎 leo
    leo: I respect you as a person.
    priya: That is not an answer ¦ Try it, then talk
    leo> I know. ¦ ok. I tried it. I have nothing to say.
    ^ edit I know. (It is good. Do not tell anyone.)
    ^ react 🏆 priya
  `,
  ),
  scene(
    'kitchen',
    `
    samira: Is it safe to eat yoghurt that expired on {day}? ¦ My {dish} has been in the fridge since {day}. Thoughts?
    tomasz: smell it
    nils: look at it
    ben: befriend it
    ^ react 😂 samira aiko
    samira: We are on first-name terms now. It stays. ¦ It is fine. I am fine. Everything is fine.
  `,
  ),
  scene(
    'kitchen',
    `
    zoe: Recipe request: something with {spice} that survives a rehearsal break. ¦ What do I cook for {6-14} musicians in one pot?
    aiko: {dish}! Cold it is even better. ¦ one tray of {dish}, cut into squares, done
    ^ thread {dish} for the band
    ~aiko: For ten: 1 kg of the main thing, 3 onions, {2-4} spoons of {spice}, patience.
    ~zoe: how much is "patience" in minutes
    ~aiko> {40-90} ¦ until the viola player stops asking
    ^ react 🎻 zoe
    ~zoe: Perfect. Shopping tomorrow.
    maya: Following that thread with interest and a spoon
  `,
  ),
  scene(
    'kitchen',
    `
    nils: I burned water ¦ update on the {dish}: the smoke alarm liked it
    ^ react 🚒 leo ben maya
    leo: How. ¦ Are you all right? Is the pan all right?
    nils> forgot it for {30-90} minutes. the pot is now a different colour. ¦ we are both fine. the pan is {color} now
    aiko: That is called seasoning ¦ That is a glaze. Artists pay for that.
    ^ react 🎨 nils
  `,
  ),
  scene(
    'kitchen',
    `
    ben: coffee people: is a {20-90} € grinder any good ¦ moka pot or filter? asking for my mornings
    maya: I have opinions. How much time do you have?
    leo> Ben, run. ¦ You have opened the gate. There is no way back.
    ^ react 😂 ben priya
    maya: Short version: the grinder matters more than the machine, the water more than you think, and fresh beans beat both.
    ^ react ☕ leo ben aiko zoe
    ben: and the long version?
    maya: {3-9} paragraphs. I will send them on {day}. ¦ There are slides.
  `,
  ),
];
