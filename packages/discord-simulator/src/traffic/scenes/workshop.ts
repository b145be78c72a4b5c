import { type Scene, scene } from '../scene.ts';

/** Code, servers, soldering irons. */
export const workshopScenes: readonly Scene[] = [
  scene(
    'workshop',
    `
    tomasz: New enclosure for the {board} is printed. Tolerances are {1-4} tenths off, which for me is a triumph. ¦ The {board} weather station is back on the roof. Third time lucky.
    ^ file enclosure-v{2-9}.jpg image/jpeg 1920x1080 611200
    ^ react 🔥 priya nils maya
    nils: is that heat-set inserts I see ¦ what filament is that
    tomasz> PETG, {color}. And yes, inserts. I burned only one finger. ¦ Recycled PETG in {color}. Smells like a raincoat.
    priya: What does it measure?
    tomasz: Temperature, pressure, and how often the gulls sit on it
    ^ react 🐦 maya ben
  `,
  ),
  scene(
    'workshop',
    `
    maya: Today's bug was {fix}. It took me {2-6} hours. I have no further comment. ¦ Found it. It was {fix}. It is always {fix}.
    ^ react 😭 priya leo tomasz
    leo: my condolences ¦ we have all been there
    priya> Write it down while it hurts: what would have told you earlier?
    maya: A test that runs against the real thing instead of my idea of the real thing.
    ^ react 💯 priya leo samira
    ^ pin
    nils: screenshotting this for my standup ¦ framing this
  `,
  ),
  scene(
    'workshop',
    `
    nils: why does this log ''undefined'' \\n''''''js\\nconst total = items.forEach((item) => item.price)\\nconsole.log(total)\\n'''''' ¦ can somebody explain why this is NaN \\n''''''js\\nconst total = items.reduce((sum, item) => { sum + item.price }, 0)\\n''''''
    priya: The callback result goes nowhere: ''forEach'' and a braced arrow both return nothing. Try \\n''''''js\\nconst total = items.reduce((sum, item) => sum + item.price, 0)\\n''''''
    ^ react 🙏 nils
    nils: oh. OH. thank you ¦ I have stared at this for an hour. thank you
    ^ edit oh. OH. thank you @priya 💚
    tomasz: the braces giveth and the braces taketh away
    ^ react 😂 priya maya
  `,
  ),
  scene(
    'workshop',
    `
    deploys: ✅ **harbour-site** {1-4}.{0-12}.{0-30} is live, {20-90} s, {3-40} commits
    ^ react 🚀 maya leo
    leo: The new map loads in half the time, nice work ¦ First deploy of the week, and it is only {day}.
    maya> that was Samira’s patch ¦ Thank @samira, not me
    samira: It was mostly deleting things ¦ I removed {200-900} lines. Best kind of patch.
    ^ react 🧹 priya tomasz maya
  `,
  ),
  scene(
    'workshop',
    `
    deploys: ❌ **harbour-site** build failed in ''{lib}'' after {5-60} s
    ^ edit ✅ **harbour-site** build passed on retry
    maya: looking ¦ on it
    maya: {fix}. Retrying. ¦ Flaky download. Retrying.
    ^ react 🤞 leo priya
    tomasz: retry-driven development ¦ the computer was just tired
    priya: and green. That makes {2-5} retries this week, I will write an issue.
    ^ react 👍 maya
  `,
  ),
  scene(
    'workshop',
    `
    leo: Has anybody moved to the new {lib} yet? ¦ Is the {lib} upgrade worth a {day} evening?
    samira: Did it last week. One breaking change that bites, the rest is search and replace.
    ^ thread upgrading {lib}
    ~leo: Which one bites?
    ~samira: The default changed and nothing complains. You notice it in production, on a {day}. ¦ Errors that were thrown are now returned. Check every call.
    ~priya: I wrote a small codemod, want it?
    ~leo> Yes please! ¦ You are a saint
    ~priya: ''''''sh\\nnpx codemod-{lib} --dry src/\\n'''''' look at the diff before you trust it
    ^ react 🙏 leo samira
    ~leo: Worked, {11-64} files, no drama.
    maya: Details are in the thread above if somebody else is on it. ¦ Summary for the lazy: read the thread.
  `,
  ),
  scene(
    'workshop',
    `
    ben: is there a way to see how much memory my thing uses without reading a book ¦ my server uses {2-14} GB and I do not know why
    priya: ''process.memoryUsage()'' first, a heap snapshot second, guessing never. ¦ Take two heap snapshots a minute apart and compare. The answer is nearly always a Map that only grows.
    tomasz: or unplug it. memory use drops to zero
    ^ react 😂 ben nils
    ben: it was a Map that only grows
    priya> it is always a Map that only grows
    ^ react 🗺️ maya leo
  `,
  ),
  scene(
    'workshop',
    `
    samira: Nice read on why tail latencies matter: https://example.org/articles/tail-at-scale-{1-9} ¦ Worth ten minutes: https://example.org/articles/queues-{1-9}
    ^ embed Measuring what users feel / Averages hide the waiting. A walk through percentiles, queues and why the slowest one in a hundred is everybody sooner or later. / https://example.org/articles/tail
    ^ react 📖 maya priya
    priya: The picture with the ferry queue is perfect
    maya: Stealing that ferry for my next talk ¦ p99 is just the {day} ferry
    ^ react ⛴️ samira leo
  `,
  ),
  scene(
    'workshop',
    `
    nils: I have a confession. I push to main on {day}s ¦ confession time: I have never written a Makefile on purpose
    tomasz: I once edited a config on the server with ''ed'' during a train ride through a tunnel
    ^ react 🫡 priya samira
    leo: I named a production database "test2" in {2012-2021}. It still is. ¦ There is a cron job of mine from {2009-2019} that nobody dares to touch
    maya> we do not talk about test2
    ^ react 🙈 leo
    priya: This channel is cheaper than therapy. ¦ Absolution granted. Go in peace and write tests.
  `,
  ),
  scene(
    'workshop',
    `
    tomasz: soldering question: flux pen or flux from a syringe ¦ what tip do you use for 0603 parts
    nils: syringe. always syringe. too much is just right
    samira> Too much is how I glued a {board} to my desk
    ^ react 😂 tomasz aiko
    tomasz: the desk counts as a heatsink ¦ noted: syringe, but over the sink
  `,
  ),
];
