/** Why a message was not handed over, and so what becomes of it, and of those that wait behind it. */
export type FailureClass =
  | /** This message can never succeed: it is given up at once. */ 'refused'
  | /** This message cannot succeed now; others may. */ 'deferred'
  | /** The service wants fewer messages. */ 'rate_limited'
  | /** The service is away, broken or too slow. */ 'unavailable'
  | /** Credentials, address or permissions are wrong, until someone mends them. */ 'misconfigured'
