/** Prices orders in euros: a stream beside a table of rates that is read again every few seconds. */
import { readFile } from 'node:fs/promises';
import { definePipeline, generateSequence, option, refreshingSideInput, seconds } from 'millrace';
import { writeToConsole } from 'millrace/console';

interface Order {
  readonly id: number;
  readonly currency: string;
  readonly amount: number;
}

/** How much of a euro one of each currency is worth. */
type Rates = Readonly<Record<string, number>>;

export default definePipeline({
  name: 'enrichment',
  options: {
    rates: option.string({
      description: 'JSON with the rates; change it while orders come',
      default: 'examples/data/rates.json',
    }),
    every: option.duration({ description: 'how often the rates are read', default: seconds(2) }),
    times: option.integer({ description: 'how often they are read in all', default: 5 }),
    orders: option.integer({ description: 'how many orders come', default: 20 }),
    perSecond: option.integer({ description: 'how many of them in a second', default: 2 }),
  },
  build(p, { rates: file, every, times, orders, perSecond }) {
    // No order is priced before the rates are there; while they are read again the old ones hold.
    const rates = p.apply(
      'rates',
      refreshingSideInput(every, () => readRates(file), { times }),
    );
    p.apply('numbers', generateSequence({ to: orders, ratePerSecond: perSecond }))
      .map('order', orderOf)
      .map('price', (order, { rates: now }) => ({ ...order, euros: priceOf(order, now) }), { sideInputs: { rates } })
      .map('line', ({ id, amount, currency, euros }) => `order ${id}: ${amount} ${currency} = ${euros.toFixed(2)} EUR`)
      .apply('print', writeToConsole());
  },
});

async function readRates(file: string): Promise<Rates> {
  return JSON.parse(await readFile(file, 'utf8')) as Rates;
}

/** As if it came from elsewhere. */
function orderOf(id: number): Order {
  return { id, currency: ['EUR', 'USD', 'CHF'][id % 3]!, amount: 10 * (id + 1) };
}

function priceOf({ currency, amount }: Order, rates: Rates): number {
  const rate = rates[currency];
  if (rate === undefined) throw new Error(`there is no rate of ${currency}`);
  return amount * rate;
}
