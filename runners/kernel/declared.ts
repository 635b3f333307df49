import { type DoFn, MillraceError } from '../../sdk/model/index.js';

/** What a step declares beside its elements, and the code of the error where it does not. */
const UNDECLARED = {
  state: 'STATE_UNDECLARED',
  timer: 'TIMER_UNDECLARED',
  'side input': 'SIDE_INPUT_UNDECLARED',
} as const;
type Kind = keyof typeof UNDECLARED;

const OPTION: { readonly [K in Kind]: string } = { state: 'state', timer: 'timers', 'side input': 'sideInputs' };

/**
 * What was declared, by name. To ask for another name is an error that says which there are: types do not see it in plain
 * JavaScript. What is found costs nothing more, because only what is not found is looked for in a prototype.
 */
export function declared<T>(kind: Kind, things: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  const names = Object.keys(things);
  const others = new Proxy(Object.prototype, {
    get(target, name) {
      // What anything is asked for that is shown, compared or awaited.
      if (typeof name === 'symbol' || name in target || name === 'then' || name === 'toJSON')
        return Reflect.get(target, name) as unknown;
      throw undeclared(kind, name, names);
    },
  });
  return Object.create(others, Object.getOwnPropertyDescriptors(things)) as Readonly<Record<string, T>>;
}

/** A DoFn that nothing was declared for has nothing that could call these. */
export function checkHandlers({ onTimer, onWindowExpiration }: DoFn<unknown, unknown>): void {
  const [timer] = Object.keys(onTimer ?? {});
  if (timer !== undefined) throw undeclared('timer', timer, []);
  if (onWindowExpiration !== undefined)
    throw new MillraceError('STATE_UNDECLARED', 'function', 'the DoFn has onWindowExpiration, and declares no state', {
      hint: 'declare it: parDo(name, factory, { state: { … } })',
    });
}

function undeclared(kind: Kind, name: string, names: readonly string[]): MillraceError {
  const there = names.length === 0 ? 'none' : names.map((each) => `'${each}'`).join(', ');
  return new MillraceError(UNDECLARED[kind], 'function', `the step declares no ${kind} '${name}'`, {
    hint: `it declares ${there}: parDo(name, factory, { ${OPTION[kind]}: { ${name}: … } })`,
  });
}
