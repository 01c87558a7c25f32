/** One message. */
export interface Message {
  /** Messages with the same key keep their order. Any text, also an empty one. */
  readonly key: string
  readonly value: Buffer
}

/** How a group takes the messages of a topic. */
export interface Consumption {
  readonly topic: string
  /** Each message is handled by one member of the group, also when its members are in several processes. */
  readonly group: string
  /** Messages delivered at once, at most. */
  readonly maxBatch: number
  /**
   * They are acknowledged when it resolves. When it rejects, the same ones are delivered again after a moment, and
   * nothing else before them: what can never be handled has to be put aside in here. When its process dies, another
   * member gets them within some seconds. As long as it is at work, nobody else gets them; on Kafka, a member that joins
   * meanwhile may get what takes longer than 7 s too.
   *
   * A member alone is handed what has the same key in the order in which it was stored. Of several, Kafka alone gives
   * all of a key to one; elsewhere two members may hold messages of the same key at the same time.
   */
  handle(messages: readonly Message[]): Promise<void>
  /** Told of what `handle` threw each time, and, once, of a broker that is away, which is tried again until it is back. */
  onError(error: Error): void
}

/** A member of a group at work. */
export interface Consumer {
  /** Takes no more messages; resolves when `handle` has returned and what it left undone is given back. */
  close(): Promise<void>
}

/**
 * Keeps messages until they are read: at least once, in topics that are made when they are first named. The names of
 * topics and groups are letters, digits, - and _; every method throws `broker-name-invalid` for others. To dispose of
 * it closes its consumers first.
 */
export interface Broker extends AsyncDisposable {
  /** `sqlite`, `nats`, `kafka` */
  readonly kind: string
  /** Without its password. */
  readonly url: string
  /**
   * Resolves when the broker has stored them all, as durably as it ever does, in their order. Throws
   * `broker-unreachable` within seconds when it does not answer and `broker-refused` when it will not have them: then
   * some may be stored, and are stored twice when they are published again.
   */
  publish(topic: string, messages: readonly Message[]): Promise<void>
  /** Joins the group. Goes on by itself after the broker was away. Throws `broker-unreachable` when it cannot begin. */
  consume(consumption: Consumption): Promise<Consumer>
  /** Messages that the group has yet to acknowledge; all of the topic's for a group that never was. */
  backlog(topic: string, group: string): Promise<number>
  /**
   * The messages that the topic holds when it is called: in the order in which it was stored, on Kafka for each key. Nothing for a
   * topic that is not there. Throws `broker-unreachable` rather than to leave something out.
   */
  read(topic: string): AsyncIterable<Message>
}
