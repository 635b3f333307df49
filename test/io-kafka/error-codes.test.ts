import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const SOURCES = new URL('../../io/kafka/', import.meta.url);
const PAGE = new URL('../../docs/kafka.md', import.meta.url);

test('the page on Kafka has every code that the connector knows, and no other', () => {
  const thrown = readdirSync(SOURCES).flatMap((file) =>
    [...readFileSync(new URL(file, SOURCES), 'utf8').matchAll(/'(KAFKA_[A-Z_]+)'/g)].map((found) => found[1]!),
  );
  const table = readFileSync(PAGE, 'utf8').split('## When it fails')[1]!;
  const told = [...table.matchAll(/^\| (`KAFKA_[A-Z_`, ]+`) \|/gm)].flatMap((row) => row[1]!.match(/KAFKA_[A-Z_]+/g)!);
  expect(told.sort()).toEqual([...new Set(thrown)].sort());
});
