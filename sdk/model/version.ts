/** The version of this package; a plan says with which one it was built. */
export const MILLRACE_VERSION = '0.1.0';
