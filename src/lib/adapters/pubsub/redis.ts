import { ignoreFailure } from '../../base/abort.ts'
import { cacheUnreachable, connectCacheClient, prefix } from '../cache/redis.ts'
import { createListeners } from './listeners.ts'
import type { PubSub } from '../../ports/pubsub.ts'

/**
 * Pub/sub through a Redis, which all processes share. It has two connections, because one that listens takes no other
 * commands. Throws `cache-unreachable` when it is not there at first.
 */
export async function connectRedisPubSub(url: string): Promise<PubSub> {
  const publisher = await connectCacheClient(url)
  const subscriber = await connectCacheClient(url).catch(async (error: unknown) => {
    await publisher.close()
    throw error
  })
  const listeners = createListeners()
  // The client listens again to all that it listened to before it says so.
  subscriber.on('ready', () => listeners.tellGap())
  const hear = (text: string, channel: string): void => listeners.tell(channel.slice(prefix.length), text)

  return {
    kind: 'redis',
    async publish(channel, text) {
      try {
        await publisher.publish(prefix + channel, text)
      } catch (error) {
        throw cacheUnreachable(url, error)
      }
    },
    async subscribe(channel, listener) {
      // It is sent also where somebody listens already, whose own command may still be under way: the client puts them in order.
      listeners.add(channel, listener)
      try {
        await subscriber.subscribe(prefix + channel, hear)
      } catch (error) {
        listeners.remove(channel, listener)
        throw cacheUnreachable(url, error)
      }
      return {
        async close() {
          if (listeners.remove(channel, listener)) await ignoreFailure(subscriber.unsubscribe(prefix + channel, hear))
        },
      }
    },
    async [Symbol.asyncDispose]() {
      listeners.clear()
      subscriber.destroy()
      await publisher.close()
    },
  }
}
