import type { Consumer } from '../../ports/broker.ts'
import type { ServiceContext } from './services.ts'

/** The topic that the relay publishes to, and the groups that take from it. */
export const topic = 'meetup-events'
export const groups = { saga: 'meetup-saga', chat: 'meetup-chat', image: 'meetup-image' } as const

/** The channel that wakes the relay, so that a stored event goes out at once and not at its next poll. */
export const outboxChannel = 'meetup-outbox'

/** The payload of each type of event. */
export interface Payloads {
  /** A post is pending: its saga begins. */
  readonly 'post-created': { readonly postId: string; readonly userId: string; readonly sagaId: string }
  readonly 'post-approved': { readonly postId: string; readonly sagaId: string }
  readonly 'post-rejected': { readonly postId: string; readonly sagaId: string; readonly reason: string }
  /** Its images and its room are nobody's any more. */
  readonly 'post-deleted': { readonly postId: string }
  /** Applicants are members of the room until they withdraw. `turn` counts a user's applications, from 1. */
  readonly 'application-created': { readonly postId: string; readonly userId: string; readonly turn: number }
  readonly 'application-withdrawn': { readonly postId: string; readonly userId: string; readonly turn: number }
}

export type EventType = keyof Payloads

/**
 * Something that happened to a post. It is the value of the broker's message as JSON; the key is `aggregate`, the post's id.
 * An event may come more than once, and is the same one by its `id`.
 */
export type MeetupEvent = {
  readonly [Type in EventType]: {
    /** A UUID of version 7, the outbox row's key. */
    readonly id: string
    readonly type: Type
    readonly aggregate: string
    /** Ms since 1970. */
    readonly at: number
    readonly payload: Payloads[Type]
  }
}[EventType]

/** The event that a message of the topic holds. Throws for what is none, which only this workload could have sent. */
export function readEvent(value: Buffer): MeetupEvent {
  return JSON.parse(value.toString()) as MeetupEvent
}

/** Events handled at once. */
const maxBatch = 100

/** Joins a group, which handles all events of the topic. Throws `broker-unreachable`. */
export async function consumeEvents(
  { openBroker, onError }: Pick<ServiceContext, 'openBroker' | 'onError'>,
  group: keyof typeof groups,
  handle: (events: readonly MeetupEvent[]) => Promise<void>,
): Promise<Consumer> {
  const broker = await openBroker()
  return broker.consume({
    topic,
    group: groups[group],
    maxBatch,
    handle: (messages) => handle(messages.map(({ value }) => readEvent(value))),
    onError,
  })
}
