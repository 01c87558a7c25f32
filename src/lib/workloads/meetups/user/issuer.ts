/** Who signs id tokens, and for whom: what is signed for something else is not taken here. */
export const issuer = 'rushbench-meetups'
