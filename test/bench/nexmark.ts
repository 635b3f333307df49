import { random } from './hashes.js';

/**
 * The events of an online auction, after Nexmark (Tucker, Tufte, Papadimos, Maier: "NEXMark – A Benchmark for Queries over
 * Data Streams"), with formulas that any language can compute: event `n` depends on `n` alone. Of 50 events one is a
 * person, three are auctions, the rest are bids; 10,000 of them make a second of event time.
 */
export type Event = Person | Auction | Bid;

export interface Person {
  readonly kind: 'person';
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly state: string;
  readonly dateTime: number;
  readonly extra: string;
}

export interface Auction {
  readonly kind: 'auction';
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  readonly dateTime: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

export interface Bid {
  readonly kind: 'bid';
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly dateTime: number;
  readonly extra: string;
}

/** The instant of event 0, in milliseconds. */
export const BASE = 1_436_918_400_000;
export const timeOf = (n: number): number => BASE + Math.floor(n / 10);

export const isPerson = (event: Event): event is Person => event.kind === 'person';
export const isAuction = (event: Event): event is Auction => event.kind === 'auction';
export const isBid = (event: Event): event is Bid => event.kind === 'bid';

const FIRST_ID = 1000;
const EVENTS_PER_EPOCH = 50;
const AUCTIONS_PER_EPOCH = 3;

const FIRST_NAMES = ['Peter', 'Paul', 'Luke', 'John', 'Saul', 'Vicky', 'Kate', 'Julie', 'Sarah', 'Deiter', 'Walter'];
const LAST_NAMES = ['Shultz', 'Abrams', 'Spencer', 'White', 'Bartels', 'Walton', 'Smith', 'Jones', 'Noris'];
const NAMES = FIRST_NAMES.flatMap((first) => LAST_NAMES.map((last) => `${first} ${last}`));
const CITIES = 'Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne'.split(',');
const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'];
const TEXTS = Array.from({ length: 64 }, (_, i) =>
  String.fromCharCode(...Array.from({ length: 64 }, (_, j) => 97 + (random(64 * i + j, 77) % 26))),
);
const ITEM_NAMES = TEXTS.map((text) => text.slice(0, 20));

export function event(n: number): Event {
  const place = n % EVENTS_PER_EPOCH;
  const epoch = (n - place) / EVENTS_PER_EPOCH;
  if (place === 0) return person(n, epoch);
  return place <= AUCTIONS_PER_EPOCH ? auction(n, epoch, place - 1) : bid(n, epoch);
}

function person(n: number, epoch: number): Person {
  return {
    kind: 'person',
    id: FIRST_ID + epoch,
    name: NAMES[(random(n, 1) % 11) * 9 + (random(n, 2) % 9)]!,
    city: CITIES[random(n, 3) % 10]!,
    state: STATES[random(n, 4) % 6]!,
    dateTime: timeOf(n),
    extra: TEXTS[random(n, 9) % 64]!,
  };
}

function auction(n: number, epoch: number, index: number): Auction {
  const dateTime = timeOf(n);
  const initialBid = price(n, 4);
  return {
    kind: 'auction',
    id: FIRST_ID + AUCTIONS_PER_EPOCH * epoch + index,
    itemName: ITEM_NAMES[random(n, 9) % 64]!,
    description: TEXTS[random(n, 10) % 64]!,
    initialBid,
    reserve: initialBid + price(n, 6),
    dateTime,
    expires: dateTime + 1 + (random(n, 8) % 332),
    seller: FIRST_ID + (random(n, 1) % 4 > 0 ? hundred(epoch) : anyPerson(n, 2, epoch)),
    category: 10 + (random(n, 3) % 5),
    extra: TEXTS[random(n, 11) % 64]!,
  };
}

function bid(n: number, epoch: number): Bid {
  const lastAuction = AUCTIONS_PER_EPOCH * epoch + 2;
  return {
    kind: 'bid',
    auction: FIRST_ID + (random(n, 1) % 2 > 0 ? hundred(lastAuction) : anyAuction(n, 2, lastAuction)),
    bidder: FIRST_ID + (random(n, 3) % 4 > 0 ? hundred(epoch) + 1 : anyPerson(n, 4, epoch)),
    price: price(n, 5),
    dateTime: timeOf(n),
    extra: TEXTS[random(n, 7) % 64]!,
  };
}

/** The hot ids: the last multiple of a hundred. */
const hundred = (id: number): number => id - (id % 100);

/** One of the last thousand persons, or of the ten that come next. */
function anyPerson(n: number, salt: number, lastPerson: number): number {
  const known = lastPerson + 1;
  const active = Math.min(known, 1000);
  return known - active + (random(n, salt) % (active + 10));
}

/** One of the last hundred auctions, or of the ten that come next. */
function anyAuction(n: number, salt: number, lastAuction: number): number {
  const first = Math.max(lastAuction - 100, 0);
  return first + (random(n, salt) % (lastAuction - first + 11));
}

/** Between 2^7 and 2^28, every power of two equally often. */
function price(n: number, salt: number): number {
  const mantissa = 2 ** 20 + (random(n, salt) & 0xfffff);
  const exponent = random(n, salt + 1) % 20;
  return exponent >= 13 ? mantissa << (exponent - 13) : mantissa >> (13 - exponent);
}

/** The records of the shuffle workload: a million keys, values that a float64 sums exactly. */
export const shuffleKey = (i: number): number => random(i, 1) % 1_000_000;
export const shuffleValue = (i: number): number => (random(i, 2) >>> 12) / 1024;
