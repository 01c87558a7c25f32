import type { Message } from '../../../ports/broker.ts'
import { groups, readEvent, topic } from '../events.ts'
import { served } from '../rpc/server.ts'
import type { RunningService, ServiceContext } from '../services.ts'
import type { ImageService } from './contract.ts'
import { openDiskBlobs } from './blobs.ts'
import { createImages, removeAbandoned } from './service.ts'

/** Events handled at once. */
const maxBatch = 100

/** Starts the image service, with its files in `folder`. Throws `broker-unreachable`. */
export async function startImageService(parts: ServiceContext, folder: string): Promise<RunningService> {
  const { store } = parts.database
  const { onError } = parts
  const broker = await parts.openBroker()
  const blobs = await openDiskBlobs(folder)
  const service = createImages(store, blobs)
  const handle = (messages: readonly Message[]) => handleEvents(service, messages)
  const consumer = await broker.consume({ topic, group: groups.image, maxBatch, handle, onError })
  const stop = new AbortController()
  const sweeping = removeAbandoned(store, blobs, stop.signal).catch(onError)
  return {
    contracts: [served('ImageService', service)],
    async close() {
      stop.abort()
      await consumer.close()
      await sweeping
    },
  }
}

/** Removes the images of posts that were deleted; the same events again change nothing. */
export async function handleEvents(service: ImageService, messages: readonly Message[]): Promise<void> {
  for (const { type, payload } of messages.map(({ value }) => readEvent(value))) {
    if (type === 'post-deleted') await service.deleteImagesOf({ ownerId: payload.postId })
  }
}
