import { type ActivateUserPorts, activateUser } from './activate-user.ts'
import { type AuthenticatePorts, authenticate } from './authenticate.ts'
import { lookAtCode, type ReadCodeStatus } from './look-at-code.ts'
import { type RegisterQuietlyPorts, registerQuietly } from './register-quietly.ts'
import { type RegisterUserPorts, registerUser } from './register-user.ts'
import { type ResendCodePorts, resendCode } from './resend-code.ts'

export type UseCasePorts = AuthenticatePorts &
  Omit<ActivateUserPorts, 'authenticate'> &
  Omit<ResendCodePorts, 'authenticate' | 'tellBudgetFirst'> &
  RegisterUserPorts &
  RegisterQuietlyPorts & { readCodeStatus: ReadCodeStatus }

/**
 * All that someone may ask of Vestibule. With `hideRegisteredEmails`, registering is done quietly, and nothing
 * tells a stranger that an address was sent mail.
 */
export const createUseCases = (ports: UseCasePorts, options: { hideRegisteredEmails: boolean }) => {
  const identify = authenticate(ports)
  return {
    register: registerUser(ports),
    registerQuietly: options.hideRegisteredEmails ? registerQuietly(ports) : undefined,
    activate: activateUser({ ...ports, authenticate: identify }),
    resend: resendCode({ ...ports, authenticate: identify, tellBudgetFirst: !options.hideRegisteredEmails }),
    lookAtCode: lookAtCode({ ...ports, authenticate: identify }),
    authenticate: identify,
  }
}

export type UseCases = ReturnType<typeof createUseCases>
