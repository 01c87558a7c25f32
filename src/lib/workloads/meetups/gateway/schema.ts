import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'
import { sexes } from '../user/contract.ts'
import { fishTypes, spotTypes } from '../post/contract.ts'

/** The schema of everything that clients may ask the gateway. */
export const schema = `
"A moment, ISO 8601, such as 2026-05-16T05:30:00Z."
scalar DateTime

enum SpotType { ${spotTypes.join(' ')} }
enum FishType { ${fishTypes.join(' ')} }
enum PostState { PENDING APPROVED REJECTED DELETED }
enum PostOrder { CREATED MEETING }
enum Sex { ${sexes.map((sex) => sex.toUpperCase()).join(' ')} }
enum SagaStep { WAITING BEGAN ROOM_CREATED APPROVED REJECTING REJECTED }

type User {
  id: ID!
  name: String!
  introduction: String!
  "Only of oneself."
  email: String
  createdAt: DateTime!
  "Null: not said."
  sex: Sex
  "The one of images that updateUser named."
  image: Image
  images: [Image!]!
}

type Post {
  id: ID!
  title: String!
  content: String!
  "1 to 47"
  prefecture: Int!
  spotType: SpotType!
  fishTypes: [FishType!]!
  meetingAt: DateTime!
  maxApply: Int!
  placesLeft: Int!
  state: PostState!
  createdAt: DateTime!
  user: User!
  applications: [Application!]!
  images: [Image!]!
}

type Application {
  id: ID!
  createdAt: DateTime!
  user: User!
}

"""
Sent as it is, POST /images?post=ID, ?user=ID or ?message=ID, by the owner of the post, oneself or the author of the message.
"""
type Image {
  id: ID!
  contentType: String!
  bytes: Int!
  "Of this gateway: /images/... Those of a message are given to members of its room alone."
  path: String!
}

type PageInfo {
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
  endCursor: String
}

type PostEdge {
  cursor: String!
  node: Post!
}

type PostConnection {
  edges: [PostEdge!]!
  pageInfo: PageInfo!
}

"Everything that is given must hold."
input PostFilter {
  prefecture: Int
  spotType: SpotType
  "One of them is enough."
  fishTypes: [FishType!]
  meetingFrom: DateTime
  meetingTo: DateTime
  "In the future, with a place left."
  open: Boolean
  userId: ID
}

type Room {
  id: ID!
  createdAt: DateTime!
  post: Post
  members: [Member!]!
  "The newest first; before: the id of a message."
  messages(first: Int = 20, before: ID): MessagePage!
}

type Member {
  joinedAt: DateTime!
  user: User!
}

type Message {
  id: ID!
  body: String!
  createdAt: DateTime!
  user: User!
  images: [Image!]!
}

type MessagePage {
  messages: [Message!]!
  hasNextPage: Boolean!
}

type Tokens {
  "A JWT, good for an hour: the header authorization: Bearer ..."
  idToken: String!
  idTokenExpiresAt: DateTime!
  "Good for ten days, and for one use."
  refreshToken: String!
  refreshTokenExpiresAt: DateTime!
}

type LoggedIn {
  user: User!
  tokens: Tokens!
}

input PostInput {
  title: String!
  content: String!
  prefecture: Int!
  spotType: SpotType!
  fishTypes: [FishType!]!
  meetingAt: DateTime!
  maxApply: Int!
}

type CreatedPost {
  post: Post!
  "What createPostResult follows."
  sagaId: ID!
}

type SagaState {
  sagaId: ID!
  step: SagaStep!
  reason: String!
}

type Query {
  posts(
    first: Int = 20
    after: String
    orderBy: PostOrder = CREATED
    descending: Boolean = true
    filter: PostFilter
  ): PostConnection!
  post(id: ID!): Post
  user(id: ID!): User
  currentUser: User!
  "Its id is that of its post. Only for its members."
  room(id: ID!): Room
}

type Mutation {
  createUser(email: String!, name: String!, password: String!): LoggedIn!
  login(email: String!, password: String!): LoggedIn!
  logout(refreshToken: String!): Boolean!
  refreshIDToken(refreshToken: String!): Tokens!
  "What is left out stays. sex: null says nothing of it any more, image: null shows none; image is the id of one's own."
  updateUser(email: String, name: String, introduction: String, sex: Sex, image: ID): User!
  updatePassword(oldPassword: String!, newPassword: String!): Boolean!
  createPost(input: PostInput!): CreatedPost!
  "Of one's own post, account or message; its file goes, too."
  deleteImage(id: ID!): Boolean!
  updatePost(id: ID!, input: PostInput!): Post!
  deletePost(id: ID!): Boolean!
  "key: made by the client, to find the attempt again."
  createApplyPost(postId: ID!, key: String): Application!
  deleteApplyPost(postId: ID!): Boolean!
  "key: made by the client; the same one again stores nothing more."
  createMessage(roomId: ID!, body: String!, key: String): Message!
}

type Subscription {
  "How far the saga of a post of one's own is, up to its end."
  createPostResult(sagaId: ID!): SagaState!
  "Only for members of the room. after: the id of a message, so that what was said since comes first."
  messageAdded(roomId: ID!, after: ID): Message!
}
`

/** Ms since 1970 inside, ISO 8601 outside. */
export const dateTime = new GraphQLScalarType<number, string>({
  name: 'DateTime',
  serialize: (value) => new Date(value as number).toISOString(),
  parseValue: readTime,
  parseLiteral: (node) => readTime(node.kind === Kind.STRING ? node.value : null),
})

/** Throws GraphQLError for what is no time, or one without a time zone. */
function readTime(value: unknown): number {
  const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(value)
  const time = isTime && isDay(value.slice(0, 10)) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(time)) throw new GraphQLError('A DateTime is a text such as 2026-05-16T05:30:00Z')
  return time
}

/** Whether the month has that day; else the engine would make one of the next month. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)
}
