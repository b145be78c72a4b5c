/** Bits of https://discord.com/developers/docs/topics/permissions */
export const Permission = {
  Administrator: 1n << 3n,
  ViewChannel: 1n << 10n,
  ReadMessageHistory: 1n << 16n,
  Connect: 1n << 20n,
} as const;

/** All a mirror needs: View Channels and Read Message History. */
export const LEAST_PERMISSIONS = Permission.ViewChannel | Permission.ReadMessageHistory;

export interface Role {
  readonly id: string;
  readonly name: string;
  readonly permissions: string;
}

export interface Overwrite {
  readonly id: string;
  /** 0 = a role, 1 = a member. */
  readonly type: number;
  readonly allow: string;
  readonly deny: string;
}

/** Whose permissions: the bot in one guild. */
export interface BotMember {
  readonly userId: string;
  readonly guildId: string;
  readonly isOwner: boolean;
  /** Roles of the guild that it has, without @everyone. */
  readonly roleIds: ReadonlySet<string>;
  readonly roles: readonly Role[];
}

/** Why a permission is missing: the overwrite that takes it, or the roles that do not give it. */
export type Lack =
  | { readonly kind: 'role'; readonly name: string }
  | { readonly kind: 'member' }
  | { readonly kind: 'no-role' };

const hasBits = (bits: bigint, wanted: bigint): boolean => (bits & wanted) === wanted;

const ownRoles = ({ guildId, roleIds, roles }: BotMember): readonly Role[] =>
  roles.filter(({ id }) => id === guildId || roleIds.has(id));

/** What the bot may do in the whole guild, before a channel's overwrites. */
export function basePermissions(member: BotMember): bigint {
  return ownRoles(member).reduce((bits, role) => bits | BigInt(role.permissions), 0n);
}

export const isAlmighty = (member: BotMember): boolean =>
  member.isOwner || hasBits(basePermissions(member), Permission.Administrator);

/** Null when the bot has `wanted` in a channel of these overwrites, else why not. Of the overwrites that of @everyone counts
 *  first, then those of roles together, then the bot's own; within each, allowing wins. */
export function lackOf(wanted: bigint, overwrites: readonly Overwrite[], member: BotMember): Lack | null {
  if (isAlmighty(member)) return null;
  const { guildId, userId, roleIds, roles } = member;
  let lack: Lack | null = hasBits(basePermissions(member), wanted) ? null : { kind: 'no-role' };
  const steps = [
    overwrites.filter(({ id }) => id === guildId),
    overwrites.filter(({ id }) => roleIds.has(id)),
    overwrites.filter(({ id, type }) => type === 1 && id === userId),
  ];
  for (const step of steps) {
    const denying = step.find(({ deny }) => (BigInt(deny) & wanted) !== 0n);
    if (step.some(({ allow }) => hasBits(BigInt(allow), wanted))) lack = null;
    else if (denying?.type === 1) lack = { kind: 'member' };
    else if (denying !== undefined) {
      lack = { kind: 'role', name: roles.find(({ id }) => id === denying.id)?.name ?? denying.id };
    }
  }
  return lack;
}
