/** Where those who meet talk. Its id is the post's. Times in ms since 1970. */
export interface Room {
  readonly id: string
  readonly ownerId: string
  readonly createdAt: number
}

/** A user who may read and write in a room. */
export interface Member {
  readonly roomId: string
  readonly userId: string
  readonly joinedAt: number
}

export interface ChatMessage {
  readonly id: string
  readonly roomId: string
  readonly userId: string
  readonly body: string
  readonly createdAt: number
  /** Made by the client, and unique for each attempt; empty: none. */
  readonly key: string
}

export interface ChatEvent {
  /** Missing in the first event. */
  readonly message?: ChatMessage | null
  /** Where the subscriber stands. */
  readonly cursor: string
}

interface RoomsRequest {
  readonly roomIds: readonly string[]
}

/** Rooms and what is said in them; proto/meetups/chat.proto says what each does and which errors it responds with. */
export interface ChatService {
  createRoom(request: { readonly postId: string; readonly ownerId: string }): Promise<Room>
  closeRoom(request: { readonly roomId: string }): Promise<object>
  getRooms(request: RoomsRequest): Promise<{ readonly rooms: readonly Room[] }>
  getMembers(request: RoomsRequest): Promise<{ readonly members: readonly Member[] }>
  createMessage(request: Omit<ChatMessage, 'id' | 'createdAt'>): Promise<ChatMessage>
  getMessages(request: { readonly ids: readonly string[] }): Promise<{ readonly messages: readonly ChatMessage[] }>
  listMessages(request: {
    readonly roomId: string
    readonly userId: string
    readonly first: number
    readonly before: string
  }): Promise<{ readonly messages: readonly ChatMessage[]; readonly hasNextPage: boolean }>
  /**
   * The first of what it gives has no message: it says that the subscription is there. `after` is the last cursor or
   * message's id that is known, so that nothing is missing; empty: only what is stored from now on.
   */
  subscribe(
    request: { readonly roomId: string; readonly userId: string; readonly after: string },
    signal: AbortSignal,
  ): AsyncIterable<ChatEvent>
}
