import { readFileSync, writeFileSync } from 'node:fs';
import { type JsonLine, type Line, lineFromJson, lineToJson } from './lines.js';

/** A recorded exchange: what an engine and its workers said about some stages of a pipeline. */
export interface Exchange {
  /** What of the engine was recorded. */
  readonly engine: string;
  /** What the engine said that it understands. */
  readonly capabilities: readonly string[];
  readonly lines: readonly Line[];
}

const pathOf = (name: string): URL => new URL(`../../fixtures/exchanges/${name}.jsonl`, import.meta.url);

/** A line of JSON for the head, and one for each message. */
export function writeExchange(name: string, { lines, ...head }: Exchange): void {
  const text = [head, ...lines.map(lineToJson)].map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(pathOf(name), text);
}

export function readExchange(name: string): Exchange {
  const [head, ...lines] = readFileSync(pathOf(name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  return {
    ...(head as Omit<Exchange, 'lines'>),
    lines: lines.map((line) => lineFromJson(line as JsonLine)),
  };
}
