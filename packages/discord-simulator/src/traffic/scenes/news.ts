import { type Scene, scene } from '../scene.ts';

/** Announcements, forum posts and small talk that fits anywhere. */
export const newsScenes: readonly Scene[] = [
  scene(
    'announcements',
    `
    maya: 📣 **Game night** is {soon} in the boat shed. Bring a game, a cup and somebody shy. @everyone
    ^ react 🎲 leo ben aiko tomasz samira zoe
    ^ pin
  `,
  ),
  scene(
    'announcements',
    `
    leo: 🛠️ Short maintenance on {day}: the map will be away for about {10-40} minutes. Nothing will be lost.
    ^ edit 🛠️ Maintenance is done, the map is back. Thank you for waiting.
    ^ react 👍 maya priya samira
  `,
  ),
  scene(
    'announcements',
    `
    lighthouse: 🌊 Tide and weather: high water in {2-9} hours, {weather}, wind {2-8} Bft.
    ^ react ⛵ tomasz zoe
  `,
  ),
  scene(
    'ideas',
    `
    post samira: Benches out of the wind / The bench map could know the wind direction and hide the draughty ones. Would anybody use it?
    ~zoe: Every single day.
    ^ react 💨 samira
    ~tomasz: I have a {board} with a wind sensor on the roof, you may have the data ¦ I can give you {2-5} years of wind data from the roof
    ~samira> This is exactly why I like it here 💚
    ~leo: Prototype by {day}? No pressure. Some pressure.
  `,
  ),
  scene(
    'ideas',
    `
    post nils: A harbour radio / One hour a week, everybody brings two songs and a story.
    ~zoe: I will do the sound. ¦ Yes. A thousand times yes.
    ~ben: I will do the stories. All of them are true.
    ^ react 🤥 leo maya
    ~maya: You may have the café after closing, {day}s from eight.
    ^ react 🎉 nils zoe
    ~nils: then it is settled?! episode one on {day}
  `,
  ),
  scene(
    'ideas',
    `
    post priya: Lending shelf for tools / Half of us own a drill that is used {2-4} times a year.
    ~tomasz: I own {3-7} drills. Take them. Please.
    ^ react 🔧 priya samira ben
    ~aiko: I would borrow a jigsaw tomorrow
    ~priya> Then you are borrower number one. Shelf goes next to the coat rack.
  `,
  ),
  scene(
    'general',
    `
    ben: brb, kettle ¦ brb, somebody is at the door ¦ gone for a walk, the light is unreal
  `,
  ),
  scene(
    'general',
    `
    nils: 🐟 ¦ meow ¦ does anybody want a slightly used umbrella
    ^ react ❓ leo
  `,
  ),
  scene(
    'workshop',
    `
    priya: It compiles. ¦ {lib} is happy. I am suspicious.
    ^ react 🎉 maya nils
  `,
  ),
  scene(
    'workshop',
    `
    samira: note to self: measure, then change one thing, then measure again ¦ note to self: read the error message. all of it.
    ^ react 📌 priya
  `,
  ),
  scene(
    'kitchen',
    `
    leo: lunch: {dish} ¦ lunch: whatever {dish} turns into after three days
    ^ react 😋 ben
  `,
  ),
  scene(
    'music',
    `
    aiko: 🎧 {band} ¦ 🎧 {band}, third time today
    ^ react 🎶 zoe
  `,
  ),
  scene(
    'help',
    `
    ben: how do I exit vim § what was the command to undo the last commit again
    tomasz: you live there now § ''git reset --soft HEAD~1'', and write it on your hand
    ^ react 😂 priya leo nils
    priya> '':q!'' and a deep breath § and never on a shared branch
  `,
  ),
];
