// The ways in which a batch may go from one thread to another. Each has a part of the sender's and one of the receiver's,
// which is to give back the columns of the batch; between the two lies what would lie in memory that threads share or hand over.
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { Field, Float64, Int32, makeData, RecordBatch, Schema, Struct, Utf8 } from 'apache-arrow';
import { decodeArrowStream, encodeArrowStream, recordBatchOf, rowsOf } from 'millrace/arrow';
import { BytesSource, double, GrowableSink, nested, row, valueCoder } from 'millrace/coders';
import { BatchDecoder, encodeBatch } from '#millrace/runners/worker-threads/batch-frame.js';
import { columnCoder } from '#millrace/runners/worker-threads/column-coder.js';
import { createLink, LinkReceiver, LinkSender } from '#millrace/runners/worker-threads/link.js';
import { RemoteReceiver } from '#millrace/runners/worker-threads/remote-receiver.js';
import { RemoteSender } from '#millrace/runners/worker-threads/remote-sender.js';

/** The coder of batches of keys and values of any kind. */
export const anything = { keys: columnCoder(valueCoder()), values: columnCoder(valueCoder()), step: undefined };

/** What the runner does: columns by the shape seen, copied into a ring in shared memory and out of it. */
function sharedRing() {
  const memory = createLink({ channels: 1, capacity: 1 << 20, creditBytes: 1 << 24 });
  const incoming = new LinkReceiver(memory, 'sender', () => {});
  const sender = new RemoteSender(
    new LinkSender(memory, 'receiver', () => {}),
    0,
    anything,
    () => {},
    () => {},
  );
  const receiver = new RemoteReceiver(incoming, 0, anything, () => {});
  const deliver = (_channel, kind, payload) => receiver.deliver(kind, payload);
  const receive = () => {
    if (receiver.empty) incoming.receive(deliver, 1 << 24);
    return receiver.take();
  };
  return {
    send: (batch) => void sender.accept(batch),
    receive,
    /** The first frame of a channel holds one element, to see how large they are. */
    begin(batch) {
      sender.accept(batch);
      while (receive() !== undefined);
    },
  };
}

/** A port in the same thread, whose messages are cloned or transferred as between two. */
function port() {
  const { port1, port2 } = new MessageChannel();
  return {
    post: (message, transfer) => port1.postMessage(message, transfer),
    next: () => receiveMessageOnPort(port2).message,
  };
}

function structuredClones() {
  const { post, next } = port();
  return {
    send: ({ keys, values, timestamps }) => post({ keys, values, timestamps }),
    receive: next,
  };
}

/** The same columns as in the ring, in a buffer of their own that changes hands. */
function transferredColumns() {
  const { post, next } = port();
  const sink = new GrowableSink(1 << 17);
  const decoder = new BatchDecoder(anything);
  return {
    send(batch) {
      sink.reset();
      encodeBatch(batch, 0, batch.length, anything, sink);
      const { buffer } = sink.toBytes();
      post(buffer, [buffer]);
    },
    receive: () => decoder.decode(new BytesSource(new Uint8Array(next()))),
  };
}

/** What a program for this one kind of record would do. */
function transferredTypedArrays() {
  const { post, next } = port();
  return {
    send({ keys, values, timestamps, length }) {
      const buffer = new ArrayBuffer(length * 20);
      const doubles = new Float64Array(buffer, 0, length * 2);
      const ints = new Int32Array(buffer, length * 16, length);
      doubles.set(timestamps);
      for (let i = 0; i < length; i++) {
        ints[i] = keys[i];
        doubles[length + i] = values[i];
      }
      post(buffer, [buffer]);
    },
    receive() {
      const buffer = next();
      const length = buffer.byteLength / 20;
      const ints = new Int32Array(buffer, length * 16, length);
      const doubles = new Float64Array(buffer, length * 8, length);
      const keys = [];
      const values = [];
      for (let i = 0; i < length; i++) {
        keys.push(ints[i]);
        values.push(doubles[i]);
      }
      return { keys, values, timestamps: new Float64Array(buffer, 0, length) };
    },
  };
}

/** Rows with a schema as Arrow streams, by the conversions of `millrace/arrow`, which check every value. */
function arrowRows({ schema }) {
  const { post, next } = port();
  const timed = row({ at: double(), record: nested(schema) });
  return {
    send({ keys, values, timestamps, length }) {
      const rows = [];
      for (let i = 0; i < length; i++) rows.push({ at: timestamps[i], record: { key: keys[i], value: values[i] } });
      const bytes = encodeArrowStream([recordBatchOf(rows, timed)]);
      post(bytes, [bytes.buffer]);
    },
    receive() {
      const rows = rowsOf(decodeArrowStream(next())[0], timed);
      const keys = [];
      const values = [];
      const timestamps = new Float64Array(rows.length);
      for (const { at, record } of rows) {
        timestamps[keys.length] = at;
        keys.push(record.key);
        values.push(record.value);
      }
      return { keys, values, timestamps };
    },
  };
}

/** Arrow streams whose vectors are filled and read by loops for this one kind of record: the best that Arrow can do. */
function arrowByHand({ key, value }) {
  const { post, next } = port();
  const fields = [new Field('at', new Float64()), new Field('key', key.type), new Field('value', value.type)];
  const schema = new Schema(fields);
  return {
    send({ keys, values, timestamps, length }) {
      const at = makeData({ type: fields[0].type, length, nullCount: 0, data: timestamps.slice(0, length) });
      const children = [at, key.write(keys, length), value.write(values, length)];
      const data = makeData({ type: new Struct(fields), length, nullCount: 0, children });
      const bytes = encodeArrowStream([new RecordBatch(schema, data)]);
      post(bytes, [bytes.buffer]);
    },
    receive() {
      const { children, length } = decodeArrowStream(next())[0].data;
      const [at, keys, values] = children;
      return { keys: key.read(keys, length), values: value.read(values, length), timestamps: at.values };
    },
  };
}

const numbers = (type, Column) => ({
  type,
  write(values, length) {
    const data = new Column(length);
    for (let i = 0; i < length; i++) data[i] = values[i];
    return makeData({ type, length, nullCount: 0, data });
  },
  read({ values: data }, length) {
    const values = [];
    for (let i = 0; i < length; i++) values.push(data[i]);
    return values;
  },
});

const ascii = {
  type: new Utf8(),
  write(values, length) {
    const valueOffsets = new Int32Array(length + 1);
    for (let i = 0; i < length; i++) valueOffsets[i + 1] = valueOffsets[i] + values[i].length;
    const data = Buffer.from(values.join(''), 'utf8');
    return makeData({ type: ascii.type, length, nullCount: 0, valueOffsets, data });
  },
  read({ values: data, valueOffsets }, length) {
    const all = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
    const values = [];
    for (let i = 0; i < length; i++) values.push(all.substring(valueOffsets[i], valueOffsets[i + 1]));
    return values;
  },
};
const ints = numbers(new Int32(), Int32Array);
const doubles = numbers(new Float64(), Float64Array);

const INT_AND_DOUBLE = '{int key, double value}';
const FLAT = {
  [INT_AND_DOUBLE]: { key: ints, value: doubles },
  '{string key, int value}': { key: ascii, value: ints },
};

/** By name: makes the two parts for a kind of record; undefined where the way is not for it. */
export const WAYS = {
  'shared ring, columns by shape': sharedRing,
  'transferred buffer, the same columns': transferredColumns,
  'transferred typed arrays, by hand': (name) => (name === INT_AND_DOUBLE ? transferredTypedArrays() : undefined),
  'structured clone': structuredClones,
  'Arrow, by hand': (name) => (FLAT[name] === undefined ? undefined : arrowByHand(FLAT[name])),
  'Arrow, millrace/arrow': (_name, shape) => arrowRows(shape),
};
