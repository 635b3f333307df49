/** Every element of one side with every element of the other: what an inner join makes of a group. */
export function pairs<A, B>(left: Iterable<A>, right: Iterable<B>): [A, B][] {
  const all: [A, B][] = [];
  for (const a of left) for (const b of right) all.push([a, b]);
  return all;
}
