import { type Scene, scene } from '../scene.ts';

/** Now playing, and what people made. */
export const musicScenes: readonly Scene[] = [
  scene(
    'music',
    `
    zoe: Now playing: {band}. The whole record, in order, lights off. ¦ {band} again. I cannot stop.
    ^ react 🎧 aiko leo
    aiko: Excellent taste. Track {2-9} is my painting music.
    tomasz> I saw them in {city}! Somebody dropped a tray in the silence and they played along
    ^ react 😮 zoe aiko maya
    zoe: I am so jealous ¦ best story of the week
    leo: adding it to the list: https://example.org/listen/{100-999}
    ^ embed {band} — Live at the Boathouse / 47 minutes, recorded on two microphones and a lucky evening. / https://example.org/listen
  `,
  ),
  scene(
    'music',
    `
    ben: I bought {instrument}. I cannot play {instrument}. ¦ neighbours, forgive me: I have {instrument} now
    zoe: YES. welcome. it hurts for three weeks and then it sings
    ^ react 💪 ben
    ben: it has been {2-20} minutes and {animal} has left the garden
    ^ react 😂 zoe maya tomasz samira
    maya: Practice diary in this channel, please ¦ We demand recordings.
    ben> fine. day one: noise.
    ^ file day-one.ogg audio/ogg 0x0 214000
    ^ react 👏 zoe leo maya aiko
  `,
  ),
  scene(
    'music',
    `
    aiko: Songs for rain? {weather} here. ¦ I need something calm, deadline on {day}
    leo: {band}, any record
    samira: the sound of the dishwasher, honestly
    ^ react 😂 aiko
    priya: I made a list last winter: slow piano, no words, {40-90} minutes ¦ brown noise and hope
    aiko> That is exactly it, thank you ¦ saved my evening 💛
    ^ react 💛 priya
  `,
  ),
  scene(
    'music',
    `
    poll zoe: Encore for the harbour concert? / Something slow / Something fast / {band} cover
    ^ vote 1 priya aiko
    ^ vote 2 ben nils tomasz leo
    ^ vote 3 maya
    ^ close
    nils: fast!! wake up the ferries ¦ something people can stamp to
    maya: The {band} cover would make me cry in public, so: that one. ¦ I vote for tears.
    zoe: noted: fast, then tears ¦ You will get what the majority deserves.
    ^ react 🎻 maya nils
  `,
  ),
  scene(
    'music',
    `
    tomasz: built a contact microphone from a {board} and a piezo for {3-9} €
    zoe: demo please!! ¦ how does it sound on {instrument}?
    tomasz> like {instrument} inside a submarine ¦ surprisingly warm. slightly haunted.
    ^ file piezo-test.ogg audio/ogg 0x0 96000
    ^ react 🔊 zoe aiko ben
    aiko: I want to paint to this
  `,
  ),
];

export const showScenes: readonly Scene[] = [
  scene(
    'show-and-tell',
    `
    aiko: Finished the poster for game night. Printed in {color} on grey card. § New linocut: {animal}, edition of {8-40}.
    ^ file poster-{1-9}.png image/png 1240x1754 901233
    ^ react 😍 maya zoe leo samira priya
    maya: This is gorgeous. May we hang it in the café? § I want one. I want {2-4}.
    aiko> Of course! § Take number one, it has a tiny mistake that I love
    ^ react ❤️ maya
    tomasz: how do you keep the edges so clean
    aiko: Patience, and a knife that is {2-9} years older than me
  `,
  ),
  scene(
    'show-and-tell',
    `
    tomasz: The tide clock works! One hand, one motor, zero cloud. ¦ Tide clock, version {2-6}: now with brass.
    ^ file tide-clock.jpg image/jpeg 1500x1500 530100
    ^ react 🌊 maya priya leo aiko
    priya: How accurate?
    tomasz> {2-9} minutes a month. The moon is late more often than that. ¦ better than the ferry timetable
    ^ react 🌝 priya samira
    leo: I would buy this. ¦ Kit when?
  `,
  ),
  scene(
    'show-and-tell',
    `
    samira: Weekend project: a map of every bench with a view. {40-300} benches so far. ¦ My bench map now knows which ones are in the sun right now.
    ^ file benches.png image/png 1400x900 288400
    ben: finally, software that understands me
    ^ react 🪑 maya zoe tomasz
    zoe: can it tell me which ones are out of the wind ¦ add the one behind the lighthouse!
    samira> Next version! ¦ done, it is number {41-301}
    ^ edit Next version! (I opened a post in #ideas for it.)
  `,
  ),
  scene(
    'show-and-tell',
    `
    dana: It is not much, but… mum’s bakery has a website now 🥹 https://example.org/bakery ¦ I did it. Opening hours, map, croissants. https://example.org/bakery
    ^ embed Dana’s mum’s bakery / Bread from 6:30. Closed on Mondays. Ask for the cardamom ones. / https://example.org/bakery
    ^ react 🎉 maya leo priya samira tomasz zoe ben aiko nils
    ^ pin
    priya: You built that in {3-9} weeks from zero. Be proud.
    maya: And it loads in {90-400} ms. I checked. ¦ it is fast, it is readable, I am hungry
    nils> do they ship to {city}
    ^ react 😂 dana
    dana: She says: only if you come and carry it
  `,
  ),
  scene(
    'show-and-tell',
    `
    zoe: Recorded a small piece for cello and fog horn. The fog horn was not planned. § New recording! You can hear {animal} at 1:{10-59}
    ^ file fog-horn.ogg audio/ogg 0x0 1204000
    ^ react 🎻 aiko maya leo
    aiko: The fog horn is in tune!! § the ending 😭
    ben: that horn has been practising § I was that {animal}
    ^ react 😂 zoe maya
  `,
  ),
];
