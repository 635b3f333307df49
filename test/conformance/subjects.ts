import type { Requirement } from './case.js';

/** What a runner of the suite can do, as the suite holds it to: docs/capabilities.md is made of this. */
export interface Abilities {
  readonly title: string;
  /** Beyond the core. A case that requires something else must be refused, by this name. */
  readonly supports: readonly Requirement[];
  /**
   * Cases whose outcome may be another one on this runner, with the reason. They run, and end; but an assertion inside may
   * find something else than Beam documents.
   */
  readonly differs?: Readonly<Record<string, string>>;
  /** Cases that are not run on it, with the reason. */
  readonly leavesOut?: Readonly<Record<string, string>>;
}

/** DoFns with state and timers, and all that belongs to them. */
const STATEFUL: readonly Requirement[] = [
  'state',
  'mapState',
  'orderedListState',
  'stateTtl',
  'timers',
  'windowExpiration',
];

const LOCAL: readonly Requirement[] = [
  'async',
  'drain',
  'finalization',
  'reshuffle',
  'splittable',
  'unbounded',
  ...STATEFUL,
  'timeSortedInput',
  'sideInputs',
  'triggers',
  'mergingTriggers',
  'timestampCombiners',
  'triggeredSideInputs',
  'calendarWindows',
  'customWindows',
  'customWindowTypes',
  'customMergingWindows',
];

export const DIRECT: Abilities = { title: 'direct', supports: [...LOCAL, 'testStream'] };

/** With several tasks, an element is late or not depending on when the watermarks of the others arrive. */
const LATENESS_IS_A_RACE = 'the watermarks of parallel sources race with the elements';

export const WORKER_THREADS: Abilities = {
  title: 'worker-threads',
  supports: LOCAL,
  differs: {
    lateDataIsDroppedAndCounted: LATENESS_IS_A_RACE,
    lateDataWithinTheAllowedLateness: LATENESS_IS_A_RACE,
  },
};

const LATE = 'an engine learns how far a source has come when its bundle ends, so that nothing in one bundle is late';

const NO_EMPTY_PANES = 'Prism emits no empty panes';
const PRISMS_LATE_PANES = 'Prism numbers late panes in its own way, and fires some of them twice';

const ONE_WATERMARK = 'Prism keeps one watermark for all outputs of a TestStream';

const WAITS_FOR_EVER = `${ONE_WATERMARK}, and waits for ever`;

const OWN_CLOCK = 'state expires by the clock of the workers, which know nothing of the time of a TestStream';

export const PRISM: Abilities = {
  title: 'Prism',
  leavesOut: {
    sideInputThatIsAheadOfItsMain: WAITS_FOR_EVER,
    lateElementsBesideASideInput: WAITS_FOR_EVER,
    valueIsForgotten: OWN_CLOCK,
    bagIsForgotten: OWN_CLOCK,
    combinedValueIsForgotten: OWN_CLOCK,
    mapIsForgotten: OWN_CLOCK,
    setIsForgotten: OWN_CLOCK,
    multimapIsForgotten: OWN_CLOCK,
    orderedListIsForgotten: OWN_CLOCK,
  },
  supports: [
    'async',
    'finalization',
    'reshuffle',
    'splittable',
    'unbounded',
    'testStream',
    'triggers',
    'timestampCombiners',
    'calendarWindows',
    'customWindows',
    ...STATEFUL,
    'sideInputs',
  ],
  differs: {
    sessionsThatTouchStayApart: 'Prism merges sessions that touch; in Beam they end where the next one begins',
    lateDataIsDroppedAndCounted: LATE,
    lateDataWithinTheAllowedLateness: LATE,
    taggedStreamsHaveWatermarksOfTheirOwn: ONE_WATERMARK,
    taggedStreamsFlattened: ONE_WATERMARK,
    timersInEventTime: 'Prism does not drop late elements before a step with state',
    earlyOnTimeAndLatePanesThatAccumulate: PRISMS_LATE_PANES,
    lateFirstElement: PRISMS_LATE_PANES,
    tooLateIsDroppedUnderATrigger: 'Prism does not count what it drops',
    timestampsThatHoldTimeBackAreNotLate: 'Prism does not count what it drops',
    emptyPaneOnTimeAfterEarlyOnes: NO_EMPTY_PANES,
    earliestTimestampLeavesLateElementsOut: 'in Prism late elements take part in the earliest timestamp of a pane',
    sessionsUnderATrigger: 'Prism keeps panes by window, and has none for a window that merging has made',
    continuationOfADelay: 'Prism fires triggers by synchronised processing time at every bundle',
    mainThatIsAheadOfItsSideInput: ONE_WATERMARK,
    lateElementsOfASideInput: ONE_WATERMARK,
    timeBehindAStepThatWaits: ONE_WATERMARK,
    waitsForTheSignalsOfItsWindow: ONE_WATERMARK,
    waitsForSignalsInLongerWindows: ONE_WATERMARK,
    waitsWhereSomeWindowsHaveNoSignal: ONE_WATERMARK,
  },
};

const NO_PANES = 'a batch engine has no panes to tell of';

const NO_TIME_PASSES = 'a batch engine sees no time pass while it reads, so that nothing is late';

/** Batch, inside of Beam's job server. */
export const FLINK: Abilities = {
  title: 'Flink 1.19, embedded',
  leavesOut: {
    sideInputDerivedFromItsMain:
      "Beam's fuser for Flink loses an input of a Flatten whose result is a side input beside its other input",
  },
  supports: ['async', 'reshuffle', ...STATEFUL, 'sideInputs'],
  differs: {
    lateDataIsDroppedAndCounted: NO_TIME_PASSES,
    lateDataWithinTheAllowedLateness: NO_TIME_PASSES,
    groupsOfFixedWindowsThroughReshuffle: NO_PANES,
    groupsOfSlidingWindowsThroughReshuffle: NO_PANES,
    timersOfTwoFamiliesFireInOrderOfTime: 'Flink sends what is due in a bundle family by family',
  },
};
