/** The ends of a stage: where its input comes in and its outputs go out. */
export const SOURCE_URN = 'beam:runner:source:v1';
export const SINK_URN = 'beam:runner:sink:v1';
