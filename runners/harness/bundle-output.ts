import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ElementsSchema } from '../beam/generated/fn_data_pb.js';
import type { ClaimPage } from './claim-page.js';
import type { DataPlane } from './data-plane.js';
import { elementsOf, type StageInput } from './elements.js';

/** Output that a response may carry; a bundle that has more sends all of it by the data stream. */
const EMBEDDED_BYTES = 1 << 20;

/** The output of one bundle: within the response, where the engine takes it there and it is little, else by the data stream. */
export class BundleOutput {
  /** What may still go into the response. */
  #held: StageInput[] | undefined;
  #heldBytes = 0;
  readonly #sent: Promise<void>[] = [];

  constructor(
    private readonly instructionId: string,
    private readonly plane: DataPlane,
    private readonly page: ClaimPage,
    embeds: boolean,
  ) {
    this.#held = embeds ? [] : undefined;
  }

  push(output: StageInput): void {
    if (this.#held === undefined) {
      this.#send(output);
      return;
    }
    this.#held.push(output);
    this.#heldBytes += output.data.length;
    if (this.#heldBytes <= EMBEDDED_BYTES) return;
    const held = this.#held;
    this.#held = undefined;
    for (const each of held) this.#send(each);
  }

  /** Everything has come out. Answers what the response is to carry; nothing where all has been handed to the data stream. */
  async end(
    ends: readonly Pick<StageInput, 'transformId' | 'family'>[],
  ): Promise<MessageInitShape<typeof ElementsSchema> | undefined> {
    const last = ends.map((end): StageInput => ({ ...end, data: new Uint8Array(), isLast: true }));
    if (this.#held !== undefined) {
      const parts = [...this.#held, ...last];
      // Flink has nobody to take elements of a stage without outputs, and fails at a message of none.
      return parts.length === 0 ? undefined : elementsOf(this.instructionId, parts);
    }
    await Promise.all(this.#sent);
    for (const end of last) await this.plane.send(this.instructionId, end);
    return undefined;
  }

  #send(output: StageInput): void {
    const sending = this.plane.send(this.instructionId, output).then(() => this.page.removeUnsent(output.data.length));
    // Heard at the end; a bundle that fails before does not come to it.
    sending.catch(() => undefined);
    this.#sent.push(sending);
  }
}
