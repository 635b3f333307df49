import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';

// The library writes to the console what its callers are told by errors anyway.
setLogVerbosity(logVerbosity.NONE);

/** Messages may be of any size: what bounds them is the sender's batching. */
export const CHANNEL_OPTIONS = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
} as const;
