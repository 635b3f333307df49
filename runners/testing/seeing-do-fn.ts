import type {
  DoFn,
  DoFnContext,
  ExpirationContext,
  NoPromise,
  ProcessContext,
  SideInputViews,
  TimerContext,
  WindowContext,
} from '../../sdk/model/index.js';

type Handlers<O> = { readonly [id: string]: (context: TimerContext<O>) => NoPromise };

/** Shows a DoFn side inputs that are values. What it leaves out is left out here, because that can be seen from outside. */
export class SeeingDoFn<I, O> implements DoFn<I, O> {
  declare readonly startBundle?: NonNullable<DoFn<I, O>['startBundle']>;
  declare readonly finishBundle?: NonNullable<DoFn<I, O>['finishBundle']>;
  declare readonly onWindowExpiration?: (context: ExpirationContext<O>) => NoPromise;
  declare readonly onTimer?: Handlers<O>;
  private context: WindowContext<O> | undefined;
  private seen: unknown;

  constructor(
    private readonly doFn: DoFn<I, O>,
    private readonly sideInputs: SideInputViews<unknown>,
  ) {
    const { startBundle, finishBundle, onWindowExpiration } = doFn;
    const onTimer: Handlers<O> | undefined = doFn.onTimer;
    if (startBundle !== undefined) this.startBundle = startBundle.bind(doFn);
    if (finishBundle !== undefined) this.finishBundle = finishBundle.bind(doFn);
    if (onWindowExpiration !== undefined)
      this.onWindowExpiration = (context) => onWindowExpiration.call(doFn, this.see(context));
    if (onTimer !== undefined)
      this.onTimer = Object.fromEntries(
        Object.entries(onTimer).map(([id, handler]) => [
          id,
          (context: TimerContext<O>) => handler.call(onTimer, this.see(context)),
        ]),
      );
  }

  setup(context: DoFnContext): void | Promise<void> {
    return this.doFn.setup?.(context);
  }

  process(element: I, context: ProcessContext<O>): NoPromise {
    return this.doFn.process(element, this.see(context));
  }

  teardown(): void | Promise<void> {
    return this.doFn.teardown?.();
  }

  /** One context serves all calls; everything but the side inputs is found on it. */
  private see<Context extends WindowContext<O>>(context: Context): Context {
    if (this.context !== context) {
      this.context = context;
      this.seen = Object.create(context, { sideInputs: { value: this.sideInputs } });
    }
    return this.seen as Context;
  }
}
