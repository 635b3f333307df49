// With the `u` flag a pair is one character, so that this finds the lone ones only.
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether a string has a UTF-8 form. */
export const isWellFormed = (text: string): boolean => !LONE_SURROGATE.test(text);
