import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { collectViolations } from '../../../src/lib/audit/audit-result.ts'
import type { Store } from '../../../src/lib/ports/database.ts'
import type { LedgerEntry } from '../../../src/lib/ports/scenario.ts'
import { createMemoryPubSub } from '../../../src/lib/adapters/pubsub/pubsub.ts'
import type { PubSub } from '../../../src/lib/ports/pubsub.ts'
import { auditMeetups } from '../../../src/lib/workloads/meetups/audit/index.ts'
import { createAnnouncer, type Announcer } from '../../../src/lib/workloads/meetups/chat/announcements.ts'
import type { ChatService } from '../../../src/lib/workloads/meetups/chat/contract.ts'
import { createChat } from '../../../src/lib/workloads/meetups/chat/service.ts'
import type { ImageService } from '../../../src/lib/workloads/meetups/image/contract.ts'
import { openDiskBlobs } from '../../../src/lib/workloads/meetups/image/blobs.ts'
import { createImages } from '../../../src/lib/workloads/meetups/image/service.ts'
import type { PostService } from '../../../src/lib/workloads/meetups/post/contract.ts'
import { createPostService } from '../../../src/lib/workloads/meetups/post/service.ts'
import type { Clients } from '../../../src/lib/workloads/meetups/services.ts'
import { makeImage, shortestImage } from './images.ts'
import { countsOf, entriesOf, unwatched } from '../ledgers.ts'
import type { MeetupBackends } from './meetup-backends.ts'
import { openDatabaseClient } from '../database/no-client.ts'

/** The services that a saga calls, in this process. */
export interface Services {
  readonly chat: ChatService
  readonly images: ImageService
  readonly posts: PostService
  readonly announcer: Announcer
  readonly pubsub: PubSub
}

/** Services on the place's tables, or on another way to them. */
export async function createServices(place: MeetupBackends, store: Store = place.database.store): Promise<Services> {
  const pubsub = createMemoryPubSub()
  const announcer = createAnnouncer(pubsub, () => {})
  return {
    pubsub,
    announcer,
    chat: createChat(store, pubsub, announcer),
    images: createImages(store, await openDiskBlobs(join(place.folder, 'images'))),
    posts: createPostService(store),
  }
}

/** Ways to these services that are no further than a call. */
export function clientsOf({ chat, images, posts }: Pick<Services, 'chat' | 'images' | 'posts'>): Pick<Clients, 'get'> {
  const all: Partial<Record<Parameters<Clients['get']>[0], object>> = {
    ChatService: chat,
    ImageService: images,
    PostService: posts,
  }
  return { get: async (name) => all[name] as never }
}

/** A post that is right, as its owner writes it. */
export function newPost(userId: string, rest: { readonly id?: string; readonly maxApply?: number } = {}) {
  return {
    id: randomUUID(),
    userId,
    title: 'Carp at dawn',
    content: 'Bring tea.',
    prefecture: 13,
    spotType: 'LAKE',
    fishTypes: ['CARP'],
    meetingAt: Date.now() + 86_400_000,
    maxApply: 2,
    ...rest,
  }
}

/** One image of an owner. */
export async function uploadImage(images: ImageService, ownerId: string): Promise<void> {
  async function* parts() {
    yield { header: { ownerId, contentType: 'image/jpeg' } }
    yield { chunk: makeImage('image/jpeg', Buffer.alloc(0)) }
    yield { end: { bytes: shortestImage } }
  }
  await images.upload(parts())
}

/** Returns what the audit finds; it waits for `standstillMs` where nothing moves. */
export async function audit(
  { database, broker }: Pick<MeetupBackends, 'database' | 'broker'>,
  ledger: readonly LedgerEntry[] = [],
  standstillMs = 1000,
) {
  const input = { database, ledger: entriesOf(ledger), openBroker: async () => broker, openDatabaseClient }
  return collectViolations(auditMeetups(input, unwatched, standstillMs), countsOf(ledger), 20)
}
