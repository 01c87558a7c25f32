import type { ChannelListener } from '../../ports/pubsub.ts'

/** The listeners of this process, by channel. */
export interface Listeners {
  add(channel: string, listener: ChannelListener): void
  /** Returns whether it was the last of its channel. */
  remove(channel: string, listener: ChannelListener): boolean
  tell(channel: string, text: string): void
  /** Tells all of them, whatever they listen to. */
  tellGap(): void
  clear(): void
}

export function createListeners(): Listeners {
  const channels = new Map<string, Set<ChannelListener>>()
  return {
    add(channel, listener) {
      channels.set(channel, (channels.get(channel) ?? new Set()).add(listener))
    },
    remove(channel, listener) {
      const there = channels.get(channel)
      if (!there?.delete(listener) || there.size > 0) return false
      return channels.delete(channel)
    },
    tell(channel, text) {
      for (const listener of channels.get(channel) ?? []) listener.onMessage(text)
    },
    tellGap() {
      for (const listeners of channels.values()) for (const listener of listeners) listener.onGap()
    },
    clear: () => channels.clear(),
  }
}
