import type { Store } from '../../../ports/database.ts'
import type { PubSub } from '../../../ports/pubsub.ts'
import { readText, requireIds, requireText, requireThat } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import { type Announcer, createAnnouncer } from './announcements.ts'
import type { ChatService, Member, ChatMessage, Room } from './contract.ts'
import { createMessageStore } from './messages.ts'
import { followRoom } from './follow.ts'
import { closeRoom, handleEvents, openRoom } from './rooms.ts'
import {
  maxLengths,
  memberId,
  members,
  messages,
  rooms,
  type MemberRow,
  type MessageRow,
  type RoomRow,
} from './tables.ts'
import { consumeEvents } from '../events.ts'
import { served } from '../rpc/server.ts'
import type { StartService } from '../services.ts'

/** Starts the chat service. Throws `broker-unreachable` and `cache-unreachable`. */
export const startChat: StartService = async (context) => {
  const { store } = context.database
  const pubsub = await context.openPubSub()
  const announcer = createAnnouncer(pubsub, context.onError)
  const consumer = await consumeEvents(context, 'chat', (events) =>
    handleEvents(store, events, announcer.announceChange),
  )
  return {
    contracts: [served('ChatService', createChat(store, pubsub, announcer))],
    async close() {
      await consumer.close()
      await announcer.close()
    },
  }
}

const maxPage = 100

export function createChat(store: Store, pubsub: PubSub, announcer: Announcer): ChatService {
  const storeMessage = createMessageStore(store, announcer.announce)
  return {
    async createRoom({ postId, ownerId }) {
      requireIds([postId], 'postId')
      requireIds([ownerId], 'ownerId')
      return toRoom(await openRoom(store, postId, ownerId))
    },
    async closeRoom({ roomId }) {
      requireIds([roomId], 'roomId')
      await closeRoom(store, roomId)
      await announcer.announceChange(roomId)
      return {}
    },
    async getRooms({ roomIds }) {
      requireIds(roomIds, 'roomIds')
      const found = await store.find(rooms, { id: { in: roomIds }, state: 'open' })
      return { rooms: found.map(toRoom) }
    },
    async getMembers({ roomIds }) {
      requireIds(roomIds, 'roomIds')
      const found = await store.find(members, { room_id: { in: roomIds }, active: 1 })
      return { members: found.sort(firstFirst).map(toMember) }
    },
    async createMessage({ roomId, userId, body, key }) {
      requireIds([roomId], 'roomId')
      requireIds([userId], 'userId')
      const said = readText(body, 'body', 1, maxLengths.body)
      requireText(key, 'key', 0, maxLengths.key)
      return toMessage(await storeMessage({ roomId, userId, body: said, key }))
    },
    async getMessages({ ids }) {
      requireIds(ids, 'ids')
      return { messages: (await store.find(messages, { id: { in: ids } })).map(toMessage) }
    },
    async listMessages({ roomId, userId, first, before }) {
      requireIds([roomId], 'roomId')
      requireIds([userId], 'userId')
      requireThat(first >= 1 && first <= maxPage, 'first', `is not from 1 to ${maxPage}`)
      await requireMember(store, roomId, userId)
      const behind = before === '' ? null : await positionOf(store, roomId, before, 'before')
      const where = { room_id: roomId, ...(behind === null ? {} : { position: { lt: behind } }) }
      const options = { orderBy: ['position'], descending: true, limit: first + 1 } as const
      const found = await store.find(messages, where, options)
      return { messages: found.slice(0, first).map(toMessage), hasNextPage: found.length > first }
    },
    async *subscribe({ roomId, userId, after }, signal) {
      requireIds([roomId], 'roomId')
      requireIds([userId], 'userId')
      const check = () => requireMember(store, roomId, userId)
      // Only members may learn which messages there are.
      if (isId(after)) await check()
      const known = isId(after) ? await positionOf(store, roomId, after, 'after') : readCursor(after)
      const following = { store, pubsub, roomId, after: known, check }
      for await (const { message, position } of followRoom(following, signal)) {
        yield { message: message && toMessage(message), cursor: String(position) }
      }
    },
  }
}

async function requireMember(store: Store, roomId: string, userId: string): Promise<void> {
  const [room] = await store.find(rooms, { id: roomId, state: 'open' }, { columns: ['id'] })
  if (!room) throw new RpcError('not-found', 'There is no such room')
  const where = { id: memberId(roomId, userId), active: 1 }
  const [member] = await store.find(members, where, { columns: ['id'] })
  if (!member) throw new RpcError('forbidden', 'You are no member of this room')
}

async function positionOf(store: Store, roomId: string, messageId: string, what: string): Promise<number> {
  requireIds([messageId], what)
  const [found] = await store.find(messages, { id: messageId, room_id: roomId })
  requireThat(found !== undefined, what, 'is no message of this room')
  return (found as MessageRow).position
}

/** Tells a message id from a cursor, which is shorter. */
function isId(after: string): boolean {
  return after.length === 36
}

/** Returns null for an empty cursor. */
function readCursor(cursor: string): number | null {
  if (cursor === '') return null
  requireThat(/^\d{1,15}$/.test(cursor), 'after', 'is no cursor')
  return Number(cursor)
}

/** Orders members by room, the owner first, and then as they came. */
function firstFirst(one: MemberRow, other: MemberRow): number {
  if (one.room_id !== other.room_id) return one.room_id < other.room_id ? -1 : 1
  return (
    Number(one.turn > 0) - Number(other.turn > 0) || one.joined_at - other.joined_at || (one.id < other.id ? -1 : 1)
  )
}

function toRoom({ id, owner_id: ownerId, created_at: createdAt }: RoomRow): Room {
  return { id, ownerId, createdAt }
}

function toMember({ room_id: roomId, user_id: userId, joined_at: joinedAt }: MemberRow): Member {
  return { roomId, userId, joinedAt }
}

function toMessage({
  id,
  room_id: roomId,
  user_id: userId,
  body,
  key,
  created_at: createdAt,
}: MessageRow): ChatMessage {
  return { id, roomId, userId, body, key, createdAt }
}
