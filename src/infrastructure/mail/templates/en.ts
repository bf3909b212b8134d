import type { Wording } from './wording.ts'

const duration = (seconds: number): string => {
  if (seconds % 60 !== 0) return seconds === 1 ? 'one second' : `${seconds} seconds`
  return seconds === 60 ? 'one minute' : `${seconds / 60} minutes`
}

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title></head>
<body style="margin:0;padding:32px 16px;background:#f5f5f4;color:#1c1917;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:28rem;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px">
${body}
</div>
</body>
</html>
`

const NOTE = 'margin:0;color:#57534e;font-size:14px'

export const english: Wording = {
  activationCode: ({ code, lifetime }) => ({
    subject: 'Your activation code',
    text: `Your activation code is

    ${code}

It is valid for ${duration(lifetime)} and works once. Enter it where you signed up.

If you did not sign up, ignore this message: nothing happens without the code.
`,
    html: page(
      'Your activation code',
      `<p style="margin:0 0 16px">Your activation code is</p>
<p style="margin:0 0 16px;font:600 36px/1 ui-monospace,monospace;letter-spacing:6px">${code}</p>
<p style="margin:0 0 16px">It is valid for ${duration(lifetime)} and works once. Enter it where you signed up.</p>
<p style="${NOTE}">If you did not sign up, ignore this message: nothing happens without the code.</p>`,
    ),
  }),

  alreadyRegistered: () => ({
    subject: 'You already have an account',
    text: `Somebody, probably you, has just signed up with this address. It already has an account, so nothing was changed.

Sign in with the password you chose back then.

If it was not you, ignore this message: whoever it was has learnt nothing and cannot get in.
`,
    html: page(
      'You already have an account',
      `<p style="margin:0 0 16px">Somebody, probably you, has just signed up with this address. It already has an account, so nothing was changed.</p>
<p style="margin:0 0 16px">Sign in with the password you chose back then.</p>
<p style="${NOTE}">If it was not you, ignore this message: whoever it was has learnt nothing and cannot get in.</p>`,
    ),
  }),
}
