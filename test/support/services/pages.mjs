import { create } from '@bufbuild/protobuf';
import { StateResponseSchema } from '#millrace/runners/beam/generated/fn_state_pb.js';

/** Cuts what an engine answers for state into pages of so many bytes, and hands out the rest by continuation tokens. */
export class Pages {
  #pageBytes;
  #rests = new Map();
  #lastToken = 0;

  constructor(pageBytes) {
    this.#pageBytes = pageBytes;
  }

  /** The answer to a question for a further page; undefined to what the engine has to be asked. */
  ask({ id, request }) {
    if (request.case !== 'get' || request.value.continuationToken.length === 0) return undefined;
    const rest = this.#rests.get(Buffer.from(request.value.continuationToken).toString());
    return this.answer(create(StateResponseSchema, { id, response: { case: 'get', value: { data: rest } } }));
  }

  answer(message) {
    const data = message.response.value?.data;
    if (message.response.case !== 'get' || data.length <= this.#pageBytes) return message;
    const token = `page ${++this.#lastToken}`;
    this.#rests.set(token, data.subarray(this.#pageBytes));
    const value = { data: data.subarray(0, this.#pageBytes), continuationToken: Buffer.from(token) };
    return create(StateResponseSchema, { id: message.id, response: { case: 'get', value } });
  }
}
