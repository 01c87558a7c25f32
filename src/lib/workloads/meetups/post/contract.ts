export const spotTypes = ['SEA', 'HARBOUR', 'RIVER', 'LAKE', 'POND'] as const

export const fishTypes = [
  'BASS',
  'BREAM',
  'CARP',
  'EEL',
  'MACKEREL',
  'PERCH',
  'PIKE',
  'SALMON',
  'SQUID',
  'TROUT',
] as const

/** `pending` until its saga has come to its end. */
export type PostState = 'pending' | 'approved' | 'rejected' | 'deleted'

export interface PostText {
  readonly title: string
  readonly content: string
  /** 1 to 47 */
  readonly prefecture: number
  readonly spotType: string
  readonly fishTypes: readonly string[]
  /** Ms since 1970. */
  readonly meetingAt: number
  /** The most who may apply. */
  readonly maxApply: number
}

/** A meetup. Times in ms since 1970. */
export interface Post extends PostText {
  readonly id: string
  readonly userId: string
  readonly placesLeft: number
  readonly state: PostState
  readonly sagaId: string
  readonly createdAt: number
}

/** The application of a user for a post. */
export interface Application {
  readonly id: string
  readonly postId: string
  readonly userId: string
  readonly createdAt: number
}

/** Posts to list. A field that is 0, empty or false does not filter. */
export interface ListPostsRequest {
  /** 1 to 100 */
  readonly first: number
  /** The cursor of the post that is followed. */
  readonly after: string
  readonly orderBy: 'created' | 'meeting'
  readonly descending: boolean
  readonly prefecture: number
  readonly spotType: string
  /** Posts with one of them. */
  readonly fishTypes: readonly string[]
  readonly meetingFrom: number
  readonly meetingTo: number
  /** In the future, with a place left. */
  readonly openOnly: boolean
  readonly userId: string
}

export interface PostPage {
  readonly edges: readonly { readonly post: Post; readonly cursor: string }[]
  readonly hasNextPage: boolean
}

interface PostRequest {
  readonly id: string
}

interface ApplicationRequest {
  readonly postId: string
  readonly userId: string
  /** Made by the client, and unique for each attempt to apply; empty: none. */
  readonly key: string
}

/** Meetups and who applies; proto/meetups/post.proto says what each does and which errors it responds with. */
export interface PostService {
  /** `id` empty: the service makes one. */
  createPost(
    request: PostText & { readonly userId: string; readonly id: string },
  ): Promise<{ readonly post: Post; readonly sagaId: string }>
  updatePost(request: PostText & PostRequest): Promise<Post>
  deletePost(request: PostRequest): Promise<object>
  getPosts(request: { readonly ids: readonly string[] }): Promise<{ readonly posts: readonly Post[] }>
  listPosts(request: ListPostsRequest): Promise<PostPage>
  createApplication(request: ApplicationRequest): Promise<Application>
  deleteApplication(request: Omit<ApplicationRequest, 'key'>): Promise<object>
  getApplications(request: {
    readonly postIds: readonly string[]
  }): Promise<{ readonly applications: readonly Application[] }>
  approvePost(request: PostRequest): Promise<object>
  rejectPost(request: PostRequest & { readonly reason: string }): Promise<object>
}
