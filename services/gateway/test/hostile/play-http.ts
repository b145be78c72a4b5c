import type { SeededRandom } from '@dms/test-kit';
import { judgeAnswer, takeAnswer } from './http-answer.ts';
import { type HttpInput, httpInput, SMUGGLED_ID } from './http-inputs.ts';
import { connectRawPeer, cut, loopbackAddress, type RawPeer } from './raw-peer.ts';
import { Finding, type Tally } from './tally.ts';

const MAX_REQUESTS = 40;

/** One connection full of requests, until the server or an input ends it. */
export async function playHttp(port: number, random: SeededRandom, tally: Tally): Promise<void> {
  const peer = await connectRawPeer(port, loopbackAddress(random));
  try {
    for (let count = random.integer(1, MAX_REQUESTS); count > 0; count -= 1) {
      const input = httpInput(random);
      tally.input(input.what);
      await peer.send(...cut(input.bytes, random, random.integer(1, 3)));
      if (input.isBroken) return await finishBroken(peer, input, tally);
      const isOver = await answerOf(peer, input, tally);
      if (isOver) return;
    }
  } finally {
    peer.destroy();
  }
}

async function answerOf(peer: RawPeer, input: HttpInput, tally: Tally): Promise<boolean> {
  const answer = await noting(input, () => takeAnswer(peer, input.isHead));
  if (answer === null) throw new Finding(input.what, 'the server hung up without an answer', input.bytes);
  const fault = judgeAnswer(answer, input.isHead);
  if (fault !== null) throw new Finding(input.what, fault, input.bytes);
  tally.outcome(input.what, String(answer.status));
  if (answer.isEndless) return true;
  if (answer.headers.get('connection') !== 'close') return false;
  await noting(input, () => peer.closed());
  return true;
}

/** Whatever the server made of it: whole answers, none of them to what was hidden inside, and then the end. */
async function finishBroken(peer: RawPeer, input: HttpInput, tally: Tally): Promise<void> {
  peer.finish();
  // Whether HEAD was understood, and so has no body in its answer, is not known here: only the first answer is read then.
  const isHead = input.bytes.toString('latin1', 0, 5) === 'HEAD ';
  for (;;) {
    const answer = await noting(input, () => takeAnswer(peer, isHead));
    const isAnswered =
      answer === null ? peer.received.includes(SMUGGLED_ID) : answer.headers.get('x-request-id') === SMUGGLED_ID;
    if (isAnswered) throw new Finding(input.what, 'what was hidden in a request was answered', input.bytes);
    if (answer === null) return;
    const fault = judgeAnswer(answer, isHead);
    if (fault !== null) throw new Finding(input.what, fault, input.bytes);
    tally.outcome(input.what, String(answer.status));
    if (answer.isEndless || isHead) return;
  }
}

async function noting<T>(input: HttpInput, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new Finding(input.what, String(error), input.bytes);
  }
}
