import { outputTag } from 'millrace';
import { testStreams, timestamped } from 'millrace/testing';

/** The main input of a step, and its side input. */
export const MAIN = outputTag('clicks').of<number>();
export const SIDE = outputTag('prices').of<number>();

export const clicksAndPrices = () => testStreams(MAIN, SIDE);
export type Events = ReturnType<typeof clicksAndPrices>;

/** A number that stands at the instant that it is. */
export const at = (instant: number) => timestamped(instant, instant);
