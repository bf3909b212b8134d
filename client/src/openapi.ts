// Written by: npm run client-types. Compared by test/client/types.test.ts.
export interface paths {
    "/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Register
         * @description Creates a pending account and mails an activation code to its address.
         */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Activate
         * @description Verifies the address with the code that was mailed to it, within its minute.
         */
        post: operations["activate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/resend-code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a new code
         * @description Mails a new code to a pending account. The code before it is dead from then on. Needs no body.
         */
        post: operations["resendCode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the own account
         * @description Also while it waits for its code: `is_active` tells. For whoever asks whether a password is right.
         */
        get: operations["account"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/me/code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how the own code is doing
         * @description For forms that count down the minute. The digits are in the mail, and nowhere else.
         */
        get: operations["codeStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        RegistrationBody: {
            /**
             * @description Where the code goes. Stored in lower case, with the domain as an A-label (IDNA).
             * @example ada@example.com
             */
            email: string;
            /**
             * @description At least 12 characters, with an upper-case letter, a lower-case letter and a special character; at most 128.
             * @example Correct-Horse-7
             */
            password: string & (string);
            /**
             * @description Language of the mails, as a BCP 47 tag. When it is missing, `Accept-Language` decides. One that there are no mails in is stored all the same, and the mails come in the default language.
             * @example en
             * @example fr-CA
             */
            locale?: string;
        };
        ActivationBody: {
            /**
             * @description The digits of the newest mail: usually 4; 6 or 8 for an address at which many have been guessed.
             * @example 1234
             */
            code: string;
        };
        /** @description Registered; the code is on its way. */
        RegisteredUser: {
            /**
             * Format: uuid
             * @example 01985d3c-7b0a-7c3e-9d2f-1f0f5a3b2c4d
             */
            id: string;
            /**
             * @description The canonical address.
             * @example ada@example.com
             */
            email: string;
            /** @description True once the address is verified. */
            is_active: boolean;
        };
        /** @description Taken note of. What became of it stands in a mail, and nowhere else. */
        RegistrationTaken: {
            /** @example Look into your mail */
            message: string;
        };
        /** @description The address is verified. */
        Activated: {
            /** @example Account activated successfully */
            message: string;
        };
        /** @description A new code is on its way; the one before it is dead. */
        CodeSent: {
            /** @example A new code is on its way */
            message: string;
            /**
             * @description Seconds until the next one may be asked for.
             * @example 30
             */
            retry_after: number;
        };
        /** @description The account that the credentials belong to. */
        OwnAccount: {
            /**
             * Format: uuid
             * @example 01985d3c-7b0a-7c3e-9d2f-1f0f5a3b2c4d
             */
            id: string;
            /**
             * @description The canonical address.
             * @example ada@example.com
             */
            email: string;
            /** @description True once the address is verified. */
            is_active: boolean;
            /**
             * Format: date-time
             * @example 2026-01-31T12:00:00.000Z
             */
            created_at: string;
            activated_at: string | null;
        };
        /** @description How the newest code of the account is doing. */
        PendingCode: {
            /**
             * @description How many digits it has.
             * @example 4
             */
            length: number;
            /**
             * @description 0 when it is dead: three wrong guesses, or its mail could not be delivered.
             * @example 3
             */
            attempts_left: number;
            /** @description Seconds it still has, 0 when it has run out; null while its mail is on its way, because its minute has not begun. */
            expires_in: number | null;
            /**
             * @description Seconds until a new one may be asked for.
             * @example 12
             */
            resend_in: number;
        };
        /** @description Well. */
        Health: {
            /** @example ok */
            status: string;
        };
        /**
         * Malformed body
         * @description The body is not a JSON object in UTF-8.
         */
        malformed_body: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 400;
            detail: string;
            /**
             * @description Stable and machine-readable. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            code: "malformed_body";
            correlation_id: string;
        };
        /**
         * Bad request
         * @description The request is not valid HTTP, or asks for something this service does not do.
         */
        bad_request: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 400;
            detail: string;
            /**
             * @description Stable and machine-readable. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            code: "bad_request";
            correlation_id: string;
        };
        /**
         * Duplicate header
         * @description A header that may occur once occurs more than once.
         */
        duplicate_header: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 400;
            detail: string;
            /**
             * @description Stable and machine-readable. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            code: "duplicate_header";
            correlation_id: string;
        };
        /**
         * Invalid credentials
         * @description The e-mail address and the password do not belong together, or were not sent as HTTP Basic credentials.
         */
        invalid_credentials: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 401;
            detail: string;
            /**
             * @description Stable and machine-readable.
             * @enum {string}
             */
            code: "invalid_credentials";
            correlation_id: string;
        };
        /**
         * Not found
         * @description There is nothing at this path.
         */
        not_found: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 404;
            detail: string;
            /**
             * @description Stable and machine-readable.
             * @enum {string}
             */
            code: "not_found";
            correlation_id: string;
        };
        /**
         * Method not allowed
         * @description This path does not answer this method; the Allow header lists those it answers.
         */
        method_not_allowed: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 405;
            detail: string;
            /**
             * @description Stable and machine-readable.
             * @enum {string}
             */
            code: "method_not_allowed";
            correlation_id: string;
        };
        /**
         * Request timeout
         * @description The request did not arrive in time.
         */
        request_timeout: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 408;
            detail: string;
            /**
             * @description Stable and machine-readable.
             * @enum {string}
             */
            code: "request_timeout";
            correlation_id: string;
        };
        /**
         * E-mail address taken
         * @description There is an account with this e-mail address, or one that waits for its code.
         */
        email_taken: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 409;
            detail: string;
            /**
             * @description Stable and machine-readable.
             * @enum {string}
             */
            code: "email_taken";
            correlation_id: string;
        };
        /**
         * Already active
         * @description This account has been activated before.
         */
        already_active: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 409;
            detail: string;
            /**
             * @description Stable and machine-readable.
             * @enum {string}
             */
            code: "already_active";
            correlation_id: string;
        };
        /**
         * Body too large
         * @description The body has more than 8 KiB.
         */
        body_too_large: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 413;
            detail: string;
            /**
             * @description Stable and machine-readable.
             * @enum {string}
             */
            code: "body_too_large";
            correlation_id: string;
        };
        /**
         * Unsupported media type
         * @description The body is not declared as plain application/json in UTF-8.
         */
        unsupported_media_type: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 415;
            detail: string;
            /**
             * @description Stable and machine-readable.
             * @enum {string}
             */
            code: "unsupported_media_type";
            correlation_id: string;
        };
        /**
         * Validation failed
         * @description Some fields break a rule; errors lists every one of them.
         */
        validation_failed: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 422;
            detail: string;
            /**
             * @description Stable and machine-readable. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            code: "validation_failed";
            /** @description Every broken rule. */
            errors: {
                /** @description Where, as a JSON Pointer (RFC 6901). */
                pointer: string;
                /** @description Stable and machine-readable. */
                rule: string;
                detail: string;
            }[];
            correlation_id: string;
        };
        /**
         * Wrong code
         * @description This is not the code that was sent last; attempts_left says how many guesses it still has.
         */
        wrong_code: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 422;
            detail: string;
            /**
             * @description Stable and machine-readable. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            code: "wrong_code";
            /** @description How many guesses the code still has. */
            attempts_left: number;
            correlation_id: string;
        };
        /**
         * Expired code
         * @description The code has run out.
         */
        expired_code: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 422;
            detail: string;
            /**
             * @description Stable and machine-readable. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            code: "expired_code";
            correlation_id: string;
        };
        /**
         * Exhausted code
         * @description Too many wrong guesses: even the right code does not count any more.
         */
        exhausted_code: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 422;
            detail: string;
            /**
             * @description Stable and machine-readable. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            code: "exhausted_code";
            correlation_id: string;
        };
        /**
         * Rate limited
         * @description That is too often; Retry-After says in how many seconds it works again.
         */
        rate_limited: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 429;
            detail: string;
            /**
             * @description Stable and machine-readable.
             * @enum {string}
             */
            code: "rate_limited";
            correlation_id: string;
        };
        /**
         * Headers too large
         * @description There are more than 100 headers, or they have more than 16 KiB.
         */
        headers_too_large: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 431;
            detail: string;
            /**
             * @description Stable and machine-readable.
             * @enum {string}
             */
            code: "headers_too_large";
            correlation_id: string;
        };
        /**
         * Internal error
         * @description Something is broken on our side.
         */
        internal_error: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 500;
            detail: string;
            /**
             * @description Stable and machine-readable.
             * @enum {string}
             */
            code: "internal_error";
            correlation_id: string;
        };
        /**
         * Overloaded
         * @description More is going on than this service can do at once; nothing was changed.
         */
        overloaded: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 503;
            detail: string;
            /**
             * @description Stable and machine-readable. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            code: "overloaded";
            correlation_id: string;
        };
        /**
         * Unavailable
         * @description Something this service depends on does not answer.
         */
        unavailable: {
            /**
             * Format: uri
             * @description Address of a page that explains the problem.
             */
            type: string;
            title: string;
            /** @enum {integer} */
            status: 503;
            detail: string;
            /**
             * @description Stable and machine-readable. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            code: "unavailable";
            correlation_id: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    register: {
        parameters: {
            query?: never;
            header?: {
                /** @description Languages of the mails, the best first, when the body has no `locale`: `fr-CA, fr;q=0.9, en;q=0.8`. Ignored when it names none that there are mails in. */
                "accept-language"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegistrationBody"];
            };
        };
        responses: {
            /** @description Registered; the code is on its way. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredUser"];
                };
            };
            /** @description Taken note of. What became of it stands in a mail, and nowhere else. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistrationTaken"];
                };
            };
            /**
             * @description `malformed_body`: The body is not a JSON object in UTF-8.
             *
             *     `bad_request`: The request is not valid HTTP, or asks for something this service does not do.
             *
             *     `duplicate_header`: A header that may occur once occurs more than once.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["malformed_body"] | components["schemas"]["bad_request"] | components["schemas"]["duplicate_header"];
                };
            };
            /** @description `request_timeout`: The request did not arrive in time. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["request_timeout"];
                };
            };
            /** @description `email_taken`: There is an account with this e-mail address, or one that waits for its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["email_taken"];
                };
            };
            /** @description `body_too_large`: The body has more than 8 KiB. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["body_too_large"];
                };
            };
            /** @description `unsupported_media_type`: The body is not declared as plain application/json in UTF-8. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["unsupported_media_type"];
                };
            };
            /** @description `validation_failed`: Some fields break a rule; errors lists every one of them. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["validation_failed"];
                };
            };
            /** @description `rate_limited`: That is too often; Retry-After says in how many seconds it works again. */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    /** @description The limit that was hit: how many (q) in how many seconds (w). */
                    "RateLimit-Policy"?: string;
                    /** @description What is left of it (r), and in how many seconds there is more (t). */
                    RateLimit?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["rate_limited"];
                };
            };
            /** @description `headers_too_large`: There are more than 100 headers, or they have more than 16 KiB. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["headers_too_large"];
                };
            };
            /** @description `internal_error`: Something is broken on our side. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["internal_error"];
                };
            };
            /**
             * @description `overloaded`: More is going on than this service can do at once; nothing was changed.
             *
             *     `unavailable`: Something this service depends on does not answer.
             */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["overloaded"] | components["schemas"]["unavailable"];
                };
            };
        };
    };
    activate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActivationBody"];
            };
        };
        responses: {
            /** @description The address is verified. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Activated"];
                };
            };
            /**
             * @description `malformed_body`: The body is not a JSON object in UTF-8.
             *
             *     `bad_request`: The request is not valid HTTP, or asks for something this service does not do.
             *
             *     `duplicate_header`: A header that may occur once occurs more than once.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["malformed_body"] | components["schemas"]["bad_request"] | components["schemas"]["duplicate_header"];
                };
            };
            /** @description `invalid_credentials`: The e-mail address and the password do not belong together, or were not sent as HTTP Basic credentials. */
            401: {
                headers: {
                    /** @description Basic realm="users", charset="UTF-8" */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["invalid_credentials"];
                };
            };
            /** @description `request_timeout`: The request did not arrive in time. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["request_timeout"];
                };
            };
            /** @description `already_active`: This account has been activated before. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["already_active"];
                };
            };
            /** @description `body_too_large`: The body has more than 8 KiB. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["body_too_large"];
                };
            };
            /** @description `unsupported_media_type`: The body is not declared as plain application/json in UTF-8. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["unsupported_media_type"];
                };
            };
            /**
             * @description `wrong_code`: This is not the code that was sent last; attempts_left says how many guesses it still has.
             *
             *     `expired_code`: The code has run out.
             *
             *     `exhausted_code`: Too many wrong guesses: even the right code does not count any more.
             *
             *     `validation_failed`: Some fields break a rule; errors lists every one of them.
             */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["wrong_code"] | components["schemas"]["expired_code"] | components["schemas"]["exhausted_code"] | components["schemas"]["validation_failed"];
                };
            };
            /** @description `rate_limited`: That is too often; Retry-After says in how many seconds it works again. */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    /** @description The limit that was hit: how many (q) in how many seconds (w). */
                    "RateLimit-Policy"?: string;
                    /** @description What is left of it (r), and in how many seconds there is more (t). */
                    RateLimit?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["rate_limited"];
                };
            };
            /** @description `headers_too_large`: There are more than 100 headers, or they have more than 16 KiB. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["headers_too_large"];
                };
            };
            /** @description `internal_error`: Something is broken on our side. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["internal_error"];
                };
            };
            /**
             * @description `overloaded`: More is going on than this service can do at once; nothing was changed.
             *
             *     `unavailable`: Something this service depends on does not answer.
             */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["overloaded"] | components["schemas"]["unavailable"];
                };
            };
        };
    };
    resendCode: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A new code is on its way; the one before it is dead. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeSent"];
                };
            };
            /**
             * @description `malformed_body`: The body is not a JSON object in UTF-8.
             *
             *     `bad_request`: The request is not valid HTTP, or asks for something this service does not do.
             *
             *     `duplicate_header`: A header that may occur once occurs more than once.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["malformed_body"] | components["schemas"]["bad_request"] | components["schemas"]["duplicate_header"];
                };
            };
            /** @description `invalid_credentials`: The e-mail address and the password do not belong together, or were not sent as HTTP Basic credentials. */
            401: {
                headers: {
                    /** @description Basic realm="users", charset="UTF-8" */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["invalid_credentials"];
                };
            };
            /** @description `request_timeout`: The request did not arrive in time. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["request_timeout"];
                };
            };
            /** @description `already_active`: This account has been activated before. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["already_active"];
                };
            };
            /** @description `body_too_large`: The body has more than 8 KiB. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["body_too_large"];
                };
            };
            /** @description `unsupported_media_type`: The body is not declared as plain application/json in UTF-8. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["unsupported_media_type"];
                };
            };
            /** @description `validation_failed`: Some fields break a rule; errors lists every one of them. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["validation_failed"];
                };
            };
            /** @description `rate_limited`: That is too often; Retry-After says in how many seconds it works again. */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    /** @description The limit that was hit: how many (q) in how many seconds (w). */
                    "RateLimit-Policy"?: string;
                    /** @description What is left of it (r), and in how many seconds there is more (t). */
                    RateLimit?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["rate_limited"];
                };
            };
            /** @description `headers_too_large`: There are more than 100 headers, or they have more than 16 KiB. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["headers_too_large"];
                };
            };
            /** @description `internal_error`: Something is broken on our side. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["internal_error"];
                };
            };
            /**
             * @description `overloaded`: More is going on than this service can do at once; nothing was changed.
             *
             *     `unavailable`: Something this service depends on does not answer.
             */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["overloaded"] | components["schemas"]["unavailable"];
                };
            };
        };
    };
    account: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account that the credentials belong to. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnAccount"];
                };
            };
            /**
             * @description `bad_request`: The request is not valid HTTP, or asks for something this service does not do.
             *
             *     `duplicate_header`: A header that may occur once occurs more than once.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["bad_request"] | components["schemas"]["duplicate_header"];
                };
            };
            /** @description `invalid_credentials`: The e-mail address and the password do not belong together, or were not sent as HTTP Basic credentials. */
            401: {
                headers: {
                    /** @description Basic realm="users", charset="UTF-8" */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["invalid_credentials"];
                };
            };
            /** @description `request_timeout`: The request did not arrive in time. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["request_timeout"];
                };
            };
            /** @description `rate_limited`: That is too often; Retry-After says in how many seconds it works again. */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    /** @description The limit that was hit: how many (q) in how many seconds (w). */
                    "RateLimit-Policy"?: string;
                    /** @description What is left of it (r), and in how many seconds there is more (t). */
                    RateLimit?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["rate_limited"];
                };
            };
            /** @description `headers_too_large`: There are more than 100 headers, or they have more than 16 KiB. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["headers_too_large"];
                };
            };
            /** @description `internal_error`: Something is broken on our side. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["internal_error"];
                };
            };
            /**
             * @description `overloaded`: More is going on than this service can do at once; nothing was changed.
             *
             *     `unavailable`: Something this service depends on does not answer.
             */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["overloaded"] | components["schemas"]["unavailable"];
                };
            };
        };
    };
    codeStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How the newest code of the account is doing. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PendingCode"];
                };
            };
            /**
             * @description `bad_request`: The request is not valid HTTP, or asks for something this service does not do.
             *
             *     `duplicate_header`: A header that may occur once occurs more than once.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["bad_request"] | components["schemas"]["duplicate_header"];
                };
            };
            /** @description `invalid_credentials`: The e-mail address and the password do not belong together, or were not sent as HTTP Basic credentials. */
            401: {
                headers: {
                    /** @description Basic realm="users", charset="UTF-8" */
                    "WWW-Authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["invalid_credentials"];
                };
            };
            /** @description `request_timeout`: The request did not arrive in time. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["request_timeout"];
                };
            };
            /** @description `already_active`: This account has been activated before. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["already_active"];
                };
            };
            /** @description `rate_limited`: That is too often; Retry-After says in how many seconds it works again. */
            429: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    /** @description The limit that was hit: how many (q) in how many seconds (w). */
                    "RateLimit-Policy"?: string;
                    /** @description What is left of it (r), and in how many seconds there is more (t). */
                    RateLimit?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["rate_limited"];
                };
            };
            /** @description `headers_too_large`: There are more than 100 headers, or they have more than 16 KiB. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["headers_too_large"];
                };
            };
            /** @description `internal_error`: Something is broken on our side. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["internal_error"];
                };
            };
            /**
             * @description `overloaded`: More is going on than this service can do at once; nothing was changed.
             *
             *     `unavailable`: Something this service depends on does not answer.
             */
            503: {
                headers: {
                    /** @description Seconds to wait. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["overloaded"] | components["schemas"]["unavailable"];
                };
            };
        };
    };
}
