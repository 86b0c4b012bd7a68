/** Answer of `GET /readyz`: 200 when every part is `ok`, else 503 with the reason beside the part's name. */
export interface Readiness {
  ready: boolean
  checks: { redis: string; postgres: string; schema: string }
}
