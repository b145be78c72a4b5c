import type { FanOutPart } from '../command-line.ts';
import type { Workshop } from '../processes.ts';
import type { Report } from '../report.ts';
import type { Surroundings } from '../surroundings.ts';
import type { FanOutCommand } from './command.ts';
import { benchCompression } from './compression.ts';
import { benchIdle } from './idle.ts';
import { benchRates } from './rates.ts';
import { benchResume } from './resume.ts';
import { benchSpread } from './spread.ts';
import { benchStalled } from './stalled.ts';

type Part = (command: FanOutCommand, workshop: Workshop, around: Surroundings) => Promise<Report>;

const PARTS: Readonly<Record<FanOutPart, Part>> = {
  rates: benchRates,
  idle: benchIdle,
  stalled: benchStalled,
  resume: benchResume,
  spread: benchSpread,
  compression: benchCompression,
};

export const benchFanOut: Part = (command, workshop, around) => PARTS[command.part](command, workshop, around);
