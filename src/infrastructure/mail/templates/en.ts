import type { Wording } from './wording.ts'

const duration = (seconds: number): string => {
  if (seconds % 60 !== 0) return seconds === 1 ? 'one second' : `${seconds} seconds`
  return seconds === 60 ? 'one minute' : `${seconds / 60} minutes`
}

export const english: Wording = ({ code, lifetime }) => ({
  subject: 'Your activation code',
  text: `Your activation code is

    ${code}

It is valid for ${duration(lifetime)} and works once. Enter it where you signed up.

If you did not sign up, ignore this message: nothing happens without the code.
`,
  html: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Your activation code</title></head>
<body style="margin:0;padding:32px 16px;background:#f5f5f4;color:#1c1917;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:28rem;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px">
<p style="margin:0 0 16px">Your activation code is</p>
<p style="margin:0 0 16px;font:600 36px/1 ui-monospace,monospace;letter-spacing:6px">${code}</p>
<p style="margin:0 0 16px">It is valid for ${duration(lifetime)} and works once. Enter it where you signed up.</p>
<p style="margin:0;color:#57534e;font-size:14px">If you did not sign up, ignore this message: nothing happens without the code.</p>
</div>
</body>
</html>
`,
})
