import type { ChannelReceiver, ChannelSender, Inbox } from '../dataflow/index.js';
import type { ChannelCoder } from './channel-coder.js';
import type { LinkPlan } from './crossings.js';
import { type LinkMemory, LinkReceiver, LinkSender } from './link.js';
import { Mailbox, spin } from './mailbox.js';
import { RemoteReceiver } from './remote-receiver.js';
import { RemoteSender } from './remote-sender.js';

/** A link of the plan with its memory. */
export interface Link {
  readonly plan: LinkPlan;
  readonly memory: LinkMemory;
}

interface Outgoing {
  readonly link: LinkSender;
  /** Channels that want to go on when the link or their credit allows. */
  readonly blocked: Set<RemoteSender>;
}

interface Incoming {
  readonly link: LinkReceiver;
  readonly receivers: (RemoteReceiver | undefined)[];
  readonly deliver: (channel: number, kind: number, payload: Uint8Array) => void;
}

/** Bytes taken from one link before the others and the tasks have their turn. */
const RECEIVE_BYTES = 1 << 20;

/** All links of one thread: hands out the ends of its channels, and is where its scheduler looks for what has come. */
export class ThreadLinks implements Inbox {
  readonly #outgoing: Outgoing[] = [];
  readonly #incoming: Incoming[] = [];
  /** Name of a channel → its link's index in one of the lists, and its number on the link. */
  readonly #channels = new Map<string, { readonly index: number; readonly channel: number }>();
  readonly #mailbox: Mailbox;
  readonly #spinMicroseconds: number;
  readonly #hasWork = (): boolean => this.#look();

  constructor(own: number, links: readonly Link[], mailboxes: SharedArrayBuffer, spinMicroseconds: number) {
    this.#mailbox = new Mailbox(mailboxes, own);
    this.#spinMicroseconds = spinMicroseconds;
    for (const { plan, memory } of links) {
      const outgoing = plan.from === own;
      const peer = new Mailbox(mailboxes, outgoing ? plan.to : plan.from);
      const wakePeer = (): void => void peer.wake();
      const index = outgoing ? this.#outgoing.length : this.#incoming.length;
      if (outgoing)
        this.#outgoing.push({ link: new LinkSender(memory, `thread ${plan.to}`, wakePeer), blocked: new Set() });
      else this.#incoming.push(incoming(new LinkReceiver(memory, `thread ${plan.from}`, wakePeer)));
      for (const [channel, name] of plan.channels.entries()) this.#channels.set(name, { index, channel });
    }
  }

  sender(channelName: string, coder: ChannelCoder, onSpace: () => void): ChannelSender {
    const { index, channel } = this.#channels.get(channelName)!;
    const { link, blocked } = this.#outgoing[index]!;
    return new RemoteSender(link, channel, coder, onSpace, (sender) => blocked.add(sender));
  }

  receiver(channelName: string, coder: ChannelCoder, onFrame: () => void): ChannelReceiver {
    const { index, channel } = this.#channels.get(channelName)!;
    const { link, receivers } = this.#incoming[index]!;
    const receiver = new RemoteReceiver(link, channel, coder, onFrame);
    receivers[channel] = receiver;
    return receiver;
  }

  /** Takes in what has come and sends what waits; the tasks concerned are woken. */
  receive(): void {
    for (const { link, deliver } of this.#incoming) link.receive(deliver, RECEIVE_BYTES);
    for (const { link, blocked } of this.#outgoing) {
      if (link.busy) link.flush();
      for (const sender of blocked) if (sender.canProceed() && sender.proceed()) blocked.delete(sender);
    }
  }

  /** Settles when all that the tasks have sent is on its way, or when `isAborted` says that nobody wants it any more. */
  async flush(isAborted: () => boolean): Promise<void> {
    while (!isAborted()) {
      this.receive();
      const isSent = this.#outgoing.every(
        ({ link, blocked }) => !link.busy && [...blocked].every((sender) => !sender.hasUnsent),
      );
      if (isSent) return;
      await this.park();
    }
  }

  /** Waits until there is something for {@link receive}, or until {@link unpark}. */
  async park(): Promise<void> {
    if (spin(this.#hasWork, this.#spinMicroseconds)) return;
    await this.#mailbox.park(this.#hasWork);
  }

  unpark(): void {
    this.#mailbox.wake();
  }

  #look(): boolean {
    for (const { link } of this.#incoming) if (link.hasFrames()) return true;
    for (const { link, blocked } of this.#outgoing) {
      if (link.busy && link.canFlush()) return true;
      for (const sender of blocked) if (sender.canProceed()) return true;
    }
    return false;
  }
}

function incoming(link: LinkReceiver): Incoming {
  const receivers: (RemoteReceiver | undefined)[] = [];
  return {
    link,
    receivers,
    deliver: (channel, kind, payload) => receivers[channel]!.deliver(kind, payload),
  };
}
