import { setImmediate as nextTurn } from 'node:timers/promises';
import { InputError } from '../input.ts';
import type { Action, ActionResult } from '../world/action.ts';
import { pause } from './pause.ts';
import type { Script, ScriptStep } from './script.ts';

/** How far a script has come. */
export interface ScriptProgress {
  readonly file: string;
  readonly total: number;
  /** Steps done, skipped ones included. */
  readonly played: number;
  readonly skipped: number;
  readonly finished: boolean;
}

export interface ScriptPlayer {
  readonly progress: () => ScriptProgress;
  /** Plays to the end, once. Resolves early when `signal` aborts. */
  readonly play: (signal: AbortSignal) => Promise<void>;
}

export interface ScriptPlayerOptions {
  readonly script: Script;
  /** Steps per second; 0 = as fast as the readers take them. */
  readonly rate: number;
  readonly act: (action: Action) => ActionResult;
  /** Gathers the writes of several steps. */
  readonly inOneWrite: (work: () => void) => void;
  /** Resolves when no connected reader lags. */
  readonly readersCaughtUp: () => Promise<void>;
}

/** Steps played at most between two looks at the clock and at the readers. */
const STEPS_PER_TURN = 64;
/** A delay beyond this is not made good by hurrying. */
const MAX_LAG_MS = 1000;

/** Plays a script's steps in order, at an even pace or as fast as they are taken. */
export function createScriptPlayer(options: ScriptPlayerOptions): ScriptPlayer {
  const { script, rate } = options;
  const made = new Map<number, string>();
  const state = { played: 0, skipped: 0, finished: false };

  const playStep = (step: Extract<ScriptStep, { kind: 'act' }>): void => {
    const action = step.toAction(made);
    if (action === undefined) {
      state.skipped += 1;
      return;
    }
    try {
      const result = options.act(action);
      if (result.kind === 'message') made.set(step.line, result.message.id);
      if (result.kind === 'channel') made.set(step.line, result.channel.id);
    } catch (error) {
      // Its message was deleted meanwhile, by an earlier line or through the control API.
      if (!(error instanceof InputError)) throw error;
      state.skipped += 1;
    }
  };

  /** Plays up to `count` steps; stops before a wait, whose milliseconds it returns. */
  const playSteps = (count: number): number => {
    let waitMs = 0;
    options.inOneWrite(() => {
      for (let left = count; left > 0 && waitMs === 0; left -= 1) {
        const step = script.steps[state.played];
        if (step === undefined) return;
        state.played += 1;
        if (step.kind === 'wait') waitMs = step.ms;
        else playStep(step);
      }
    });
    return waitMs;
  };

  const play = async (signal: AbortSignal): Promise<void> => {
    let startMs = performance.now();
    let startedAt = 0;
    while (state.played < script.steps.length && !signal.aborted) {
      const dueMs = rate === 0 ? 0 : startMs + ((state.played - startedAt) * 1000) / rate - performance.now();
      if (dueMs > 0) await pause(dueMs, signal);
      else await nextTurn();
      if (rate === 0) await options.readersCaughtUp();
      if (signal.aborted) return;
      const lagMs = -dueMs;
      const dueSteps = rate === 0 ? STEPS_PER_TURN : 1 + Math.floor((Math.max(0, lagMs) * rate) / 1000);
      const waitMs = playSteps(Math.min(STEPS_PER_TURN, dueSteps));
      if (waitMs > 0) await pause(waitMs, signal);
      if (waitMs > 0 || lagMs > MAX_LAG_MS) {
        startMs = performance.now();
        startedAt = state.played;
      }
    }
    state.finished = !signal.aborted;
  };

  return {
    play,
    progress: () => ({ file: script.file, total: script.steps.length, ...state }),
  };
}
