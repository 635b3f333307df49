import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LogLevel, LogRecord } from '../../sdk/model/index.js';
import { msToTimestamp } from '../beam/duration.js';
import { BeamFnLogging, LogEntry_Severity_Enum, type LogEntrySchema } from '../beam/generated/fn_logging_pb.js';
import type { DuplexStream, GrpcConnection } from '../beam/grpc/connection.js';

type Entry = MessageInitShape<typeof LogEntrySchema>;

const SEVERITY: Readonly<Record<LogLevel, LogEntry_Severity_Enum>> = {
  debug: LogEntry_Severity_Enum.DEBUG,
  info: LogEntry_Severity_Enum.INFO,
  warn: LogEntry_Severity_Enum.WARN,
  error: LogEntry_Severity_Enum.ERROR,
};

/** The author's log messages on their way to the engine; what waits while a message is under way goes with the next. */
export class LogPlane {
  readonly #stream: DuplexStream<typeof BeamFnLogging.method.logging.input, typeof BeamFnLogging.method.logging.output>;
  #waiting: Entry[] = [];
  #sending: Promise<void> | undefined;

  constructor(connection: GrpcConnection, onEnd: (error: unknown) => void) {
    this.#stream = connection.bidi(BeamFnLogging.method.logging);
    this.#readUntilEnd().catch(onEnd);
  }

  log({ level, message, step, fields }: LogRecord, instructionId = ''): void {
    this.#waiting.push({
      severity: SEVERITY[level],
      timestamp: msToTimestamp(Date.now()),
      message,
      instructionId,
      ...(step !== undefined && { logLocation: step }),
      ...(fields !== undefined && { customData: fields as Record<string, never> }),
    });
    this.#sending ??= this.#send();
  }

  /** Sends what is left, then ends the stream. */
  async close(): Promise<void> {
    await this.#sending;
    this.#stream.end();
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const logEntries = this.#waiting;
      this.#waiting = [];
      await this.#stream.send({ logEntries });
    }
    this.#sending = undefined;
  }

  async #readUntilEnd(): Promise<void> {
    for await (const _ of this.#stream) {
      // Engines may one day answer here; the message has no fields yet.
    }
  }
}
