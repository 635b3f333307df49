import type { Pipeline } from 'millrace';

export const NUMBERS = [3, 1, 4, 1, 5, 9, 2, 6];

export const EVENTS = [
  { word: 'new', at: 9 },
  { word: 'old', at: 2 },
  { word: 'later', at: 15 },
  { word: 'newest', at: 17 },
];

export const events = (p: Pipeline) => p.create('Events', EVENTS).withTimestamps('At', ({ at }) => at);
