import { type Scene, scene } from '../scene.ts';

/** No question is too small. */
export const helpScenes: readonly Scene[] = [
  scene(
    'help',
    `
    dana: How do I centre a div? I am so sorry to ask. ¦ Beginner question: why is my text stuck to the left edge?
    priya: Never be sorry. \\n''''''css\\n.page { display: grid; place-items: center; min-height: 100vh; }\\n''''''
    ^ react 💚 dana
    dana: it works!!! for mum’s bakery page 🥐 ¦ That is it? That is all?
    ^ react 🎉 priya maya samira
    leo> It took us as a profession twenty years to get there, enjoy it ¦ Twenty years of history in two properties
  `,
  ),
  scene(
    'help',
    `
    nils: git says I am in "detached HEAD state". should I see a doctor
    samira: Breathe. Your work is safe. ''git switch -c rescue'' gives it a name, then you can merge it. ¦ No doctor. ''git branch rescue'' and you are attached again.
    ^ react 🩺 leo ben
    nils: rescued {2-14} commits. my HEAD is attached
    tomasz: congratulations on the surgery
    ^ react 😂 nils samira
  `,
  ),
  scene(
    'help',
    `
    ben: my dates are one day off, but only for people in {city} ¦ every event shows up a day early for my sister in {city}
    maya: You parse a date without a time and print it in local time, right? ''2024-03-01'' is midnight UTC. ¦ Let me guess: ''new Date("2024-03-01")''
    ben: how did you know ¦ are you watching my screen
    ^ react 🔮 maya
    maya> Scars. Keep it a string until you must not, then keep the zone beside it.
    ^ react 👍 ben priya
    priya: I have that on a mug ¦ Printing that on a mug
    ^ edit I have that on a mug. A {color} one.
  `,
  ),
  scene(
    'help',
    `
    dana: what is the difference between ''null'' and ''undefined''? § when do I use ''let'' and when ''const''?
    tomasz: undefined: nobody filled in the form. null: somebody wrote "none" on the form. § const until the compiler complains, then think, then let.
    ^ react 🧠 priya maya leo
    leo: That is the best explanation I have ever read here
    ^ pin
    dana: ok writing that down. thank you!! ¦ suddenly it makes sense 😮
  `,
  ),
  scene(
    'help',
    `
    zoe: My laptop fan sounds like the cello section. What do I look at first? ¦ my laptop is so hot I could fry an egg
    nils: fry the egg first, then ''top''
    samira: Open the activity monitor and sort by CPU. Bet you {2-9} € it is a browser tab. § Tabs. How many?
    zoe: {60-240} § it was a browser tab. a recipe for {dish}, of all things
    ^ react 😱 samira leo aiko
    samira> The recipe needs more cores than the dish needs {spice}
  `,
  ),
  scene(
    'help',
    `
    dana: I made my first pull request ever and I think I broke something ¦ The check on my pull request is red and I want to cry
    leo: Link? ¦ Do not cry! Which check?
    dana: https://example.org/bakery/pull/{1-30}
    ^ embed Add opening hours by dana · Pull request / Shows the opening hours under the map. 1 check failing: formatting. / https://example.org/bakery/pull
    leo: That is only the formatter. Run ''npm run format'', commit, push. Your change itself is fine, nice and small.
    ^ react ❤️ dana
    dana: GREEN 🟢🟢🟢
    ^ react 🎉 leo maya priya samira tomasz
    maya> First of many. Welcome to the club. ¦ Merged! You are a contributor now.
  `,
  ),
  scene(
    'help',
    `
    aiko: How do I make a gif smaller without it looking like soup? § exporting {color} as sRGB and it comes out wrong, why
    tomasz: fewer colours, fewer frames, or admit that you want a video § check the embedded profile, half of the tools ignore it
    aiko: admitting that I want a video § it was the profile. it is always the profile
    ^ react 🎬 tomasz zoe
    ben> acceptance is the last stage ¦ and everyone is wiser now
  `,
  ),
];
