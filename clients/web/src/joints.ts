/** Bones and nodes of other people's models: finding them by name, and turning them about the face's own axes. */

import { Euler, Mesh, Object3D, Quaternion, SkinnedMesh, Vector3, type Box3 } from 'three';

/** What riggers put before and between the names of bones. */
const PREFIXES =
  /^(mixamorig\d*|def|org|mch|ccbase|jbipc|jbipl|jbipr|jadjl|jadjr|bip0*01|bip|valvebiped|armature|skeleton|avatar|character\d*)+/;

const SPELLINGS = {
  head: ['head', 'headjnt', 'headjoint', 'headbone', 'spine006', 'headx'],
  neck: ['neck', 'neck1', 'neck01', 'necktwist01', 'neckjnt', 'neckjoint', 'spine004', 'neckx'],
  leftEye: sided('eye'),
  rightEye: sided('eye', 'right'),
  leftUpperArm: sided('arm', 'left', 'upper'),
  rightUpperArm: sided('arm', 'right', 'upper'),
} as const;
export type JointName = keyof typeof SPELLINGS;

function sided(part: 'eye' | 'arm', side: 'left' | 'right' = 'left', more = ''): string[] {
  const letter = side.charAt(0);
  const words =
    part === 'eye' ? ['eye', 'eyeball', 'faceeye', 'eyejnt', 'eyebone'] : [part, more + part, 'shoulderarm'];
  return words.flatMap((word) => [side + word, word + side, letter + word, word + letter]);
}

/** The node called so, in any usual spelling; bones before other nodes. */
export function findJoint(root: Object3D, name: JointName): Object3D | null {
  const spellings: readonly string[] = SPELLINGS[name];
  let best: Object3D | null = null;
  let bestRank = Number.POSITIVE_INFINITY;
  root.traverse((node) => {
    // A skinned mesh is moved by its bones: turning its node does nothing.
    if (node instanceof SkinnedMesh) return;
    // The loader strips punctuation from names; the file's own are in userData.
    const given: unknown = node.userData['name'];
    const found = spellings.indexOf(plain(typeof given === 'string' ? given : node.name));
    if (found < 0) return;
    const rank = found + ('isBone' in node ? 0 : 100);
    if (rank >= bestRank) return;
    best = node;
    bestRank = rank;
  });
  return best;
}

function plain(name: string): string {
  const letters = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const side = /^jadjl|^jbipl/.test(letters) ? 'left' : /^jadjr|^jbipr/.test(letters) ? 'right' : '';
  return side + letters.replace(PREFIXES, '');
}

/** A node that turns about the model's axes, however its own lie. */
export class Joint {
  private readonly rest: Quaternion;
  /** From the parent's axes at rest to the model's. */
  private readonly frame: Quaternion;
  private readonly back: Quaternion;
  private readonly euler = new Euler(0, 0, 0, 'YXZ');
  private readonly turned = new Quaternion();

  /** The model must be in its rest pose, its world matrices up to date. */
  constructor(
    readonly node: Object3D,
    root: Object3D,
  ) {
    this.rest = node.quaternion.clone();
    const ofRoot = root.getWorldQuaternion(new Quaternion()).invert();
    this.frame = ofRoot.multiply((node.parent ?? root).getWorldQuaternion(new Quaternion()));
    this.back = this.frame.clone().invert();
  }

  /** Angles in radians as the wire carries them, and the share of them that this joint takes. */
  turn(yaw: number, pitch: number, roll: number, share = 1): void {
    // +yaw turns about +Y, +pitch (down) about +X, +roll (right ear down) about +Z.
    this.turned.setFromEuler(this.euler.set(share * pitch, share * yaw, share * roll));
    this.node.quaternion.copy(this.back).multiply(this.turned).multiply(this.frame).multiply(this.rest);
  }
}

/** A node that is a mesh of its own may have its origin anywhere: let it turn about a point of its parent's space. */
export function pivotAt(mesh: Mesh, box: Box3): Object3D {
  const pivot = new Object3D();
  const parent = mesh.parent!;
  parent.add(pivot);
  pivot.position.copy(parent.worldToLocal(box.getCenter(new Vector3())));
  pivot.updateWorldMatrix(true, false);
  pivot.attach(mesh);
  return pivot;
}

/** Let arms that are stretched out to the sides hang down: only the beginning of them is in the picture. */
export function lowerArm(upper: Object3D, root: Object3D): void {
  const lower = upper.children.find((child) => child.position.lengthSq() > 0);
  if (lower === undefined || upper.parent === null) return;
  const from = lower.getWorldPosition(new Vector3()).sub(upper.getWorldPosition(new Vector3())).normalize();
  const ofRoot = root.getWorldQuaternion(new Quaternion());
  const inModel = from.clone().applyQuaternion(ofRoot.clone().invert());
  if (inModel.y < -0.8) return;
  const to = new Vector3(Math.sign(inModel.x) * 0.28, -0.95, 0.05).normalize().applyQuaternion(ofRoot);
  const turn = new Quaternion().setFromUnitVectors(from, to);
  const parent = upper.parent.getWorldQuaternion(new Quaternion());
  upper.quaternion.premultiply(parent.clone().invert().multiply(turn).multiply(parent));
  upper.updateWorldMatrix(false, true);
}
