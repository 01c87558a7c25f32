/** A listener to a channel. Neither function may throw. */
export interface ChannelListener {
  onMessage(text: string): void
  /** Messages may have been missed: the server was away. From now on none is. */
  onGap(): void
}

/** A subscription that goes on. */
export interface Subscription {
  close(): Promise<void>
}

/** Tells all processes that listen to a channel right now; nothing is kept for those that do not. */
export interface PubSub extends AsyncDisposable {
  /** `memory` reaches this process alone. */
  readonly kind: 'memory' | 'redis'
  /** Resolves when the server has it; rejects with `cache-unreachable` when it does not answer. */
  publish(channel: string, text: string): Promise<void>
  /** Resolves once whatever is published after that is heard. Throws `cache-unreachable`. */
  subscribe(channel: string, listener: ChannelListener): Promise<Subscription>
}
