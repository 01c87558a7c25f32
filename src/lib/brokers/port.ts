/** One message. Those with the same key keep their order. */
export interface Message {
  readonly key: string
  readonly value: Buffer
}

/** How a group takes the messages of a topic. */
export interface Consumption {
  readonly topic: string
  /** Each message is handled by one member of the group, also when its members are in several processes. */
  readonly group: string
  /** Messages handed over at once, at most. */
  readonly maxBatch: number
  /** They are acknowledged when it resolves, and come again, to any member, when it rejects or its process dies. */
  handle(messages: readonly Message[]): Promise<void>
  /** Told of what `handle` threw, and of a broker that is away, which is tried again until it is back. */
  onError(error: Error): void
}

/** A member of a group at work. */
export interface Consumer {
  /** Takes no more messages; resolves when those that were handed over are handled. */
  close(): Promise<void>
}

/** Keeps messages until they are read: at least once, in topics that are made when they are first named. */
export interface Broker extends AsyncDisposable {
  /** `sqlite`, `nats`, `kafka` */
  readonly kind: string
  /** Without its password. */
  readonly url: string
  /**
   * Resolves when the broker has stored them all, as durably as it ever does. Throws `broker-unreachable` when it does
   * not answer: then some may be stored, and are stored twice when they are published again.
   */
  publish(topic: string, messages: readonly Message[]): Promise<void>
  /** Joins the group. Goes on by itself after the broker was away. Throws `broker-unreachable` when it cannot begin. */
  consume(consumption: Consumption): Promise<Consumer>
  /** Messages that the group has yet to acknowledge; all of the topic's for a group that never was. */
  backlog(topic: string, group: string): Promise<number>
  /** What the topic holds at the moment, in the order in which it was stored; an empty one for a topic that is not there. */
  read(topic: string): AsyncIterable<Message>
}
