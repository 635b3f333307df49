// The records whose crossing is measured: how they are made, and the row schema that says what they are.
import { array, boolean, double, int32, nested, row, string } from 'millrace/coders';

const words = Array.from({ length: 997 }, (_, i) => `w${((i * 7919) % 100_000).toString(36)}`);
const cities = ['Berlin', 'Paris', 'Rome', 'Lisbon', 'Ljubljana'];

/** Integers that look like random ones. */
const scattered = (i, below) => (Math.imul(i, 2_654_435_761) >>> 8) % below;

const person = row({
  id: int32(),
  name: string(),
  email: string(),
  city: string(),
  price: double(),
  open: boolean(),
});
const order = row({
  id: int32(),
  tags: array(string()),
  at: nested(row({ x: double(), y: int32() })),
  lines: array(nested(row({ item: string(), count: int32() }))),
});

/** By name: the record of a number, the schema of what it is as a row, and how many go between two threads. */
export const SHAPES = {
  '{int key, double value}': {
    make: (i) => ({ key: scattered(i, 1_000_000), value: (i % 1000) / 1024 + 0.5 }),
    schema: row({ key: int32(), value: double() }),
    threaded: 8_000_000,
  },
  '{string key, int value}': {
    make: (i) => ({ key: words[scattered(i, 997)], value: i % 50 }),
    schema: row({ key: string(), value: int32() }),
    threaded: 4_000_000,
  },
  'six fields, three of text': {
    make: (i) => ({
      key: i & 1023,
      value: {
        id: i,
        name: `person ${i % 977}`,
        email: `p${scattered(i, 99_991)}@example.org`,
        city: cities[i % 5],
        price: i / 128,
        open: (i & 1) === 0,
      },
    }),
    schema: row({ key: int32(), value: nested(person) }),
    threaded: 1_000_000,
  },
  nested: {
    make: (i) => ({
      key: i & 1023,
      value: {
        id: i,
        tags: [words[i % 7], 'b'],
        at: { x: i / 3, y: i % 5 },
        lines: [
          { item: words[i % 99], count: i % 4 },
          { item: words[i % 98], count: 1 },
        ],
      },
    }),
    schema: row({ key: int32(), value: nested(order) }),
    threaded: 500_000,
  },
};
