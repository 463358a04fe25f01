/** A face posed by name and photographed: the studio's own scene, light and heads, with no session behind them. */

import type { FaceMeasure } from './avatar';
import { CHANNEL_COUNT, CHANNELS } from './channels';
import { Face } from './face';
import { CUTS, place, type Framing, type Viewpoint } from './framing';
import { LOOKS } from './looks';
import type { Finish } from './page_params';
import { StudioScene, type DrawingCost } from './scene';

export interface PortraitRequest {
  /** `id` of one of the looks; the first by default. */
  readonly look?: string;
  /** The variant of few vertices; by default as the studio chooses: where a processor draws plainly. */
  readonly light?: boolean;
  /** By name, `JawOpen`: blendshapes 0..1, angles in radians. What is absent is 0. */
  readonly channels?: Readonly<Record<string, number>>;
  /** Angles in degrees; or where another page's camera stands, as its `streamEngine.view` tells. */
  readonly camera?: { readonly yaw?: number; readonly pitch?: number; readonly framing?: Framing } | CameraView;
  /** A CSS colour, two of them for a gradient from top to bottom, or none: transparent. */
  readonly background?: string | readonly [string, string];
  /** Edge of a square, or width and height, in CSS pixels. */
  readonly size?: number | readonly [number, number];
}

/** A camera as it stands. */
export interface CameraView {
  readonly position: readonly [number, number, number];
  readonly quaternion: readonly [number, number, number, number];
  /** Vertical, in degrees. */
  readonly fieldOfView: number;
}

export interface Portrait {
  /** The picture as a `data:` URL of a PNG, in device pixels. */
  readonly png: string;
  readonly look: string;
  readonly light: boolean;
  readonly drawing: DrawingCost;
}

/** What the request asks for is not there. */
export class PortraitError extends Error {}

const SIZE = 512;

export class PortraitStudio {
  private readonly scene: StudioScene;
  /** The studio's own, in degrees. */
  private readonly fieldOfView: number;
  private readonly paper = document.createElement('canvas');
  private readonly pose = new Float32Array(CHANNEL_COUNT);
  private worn: {
    readonly face: Face;
    readonly look: string;
    readonly light: boolean;
    readonly at: FaceMeasure;
  } | null = null;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    finish: Finish,
  ) {
    this.scene = new StudioScene(canvas, finish);
    this.fieldOfView = this.scene.camera.fov;
  }

  /**
   * Pose, draw and photograph.
   *
   * @throws PortraitError for a look, channel or framing that does not exist.
   */
  async take(request: PortraitRequest): Promise<Portrait> {
    const view =
      request.camera !== undefined && 'position' in request.camera ? request.camera : viewpoint(request.camera);
    fill(this.pose, request.channels ?? {});
    const look = request.look ?? LOOKS[0]!.id;
    const light = request.light ?? this.scene.software;
    const { face, at } = await this.wear(look, light);
    const [width, height] =
      typeof request.size === 'object' ? request.size : [request.size ?? SIZE, request.size ?? SIZE];
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.scene.resize();
    face.pose(this.pose);
    this.aim(at, view, width / height);
    this.scene.draw(null);
    return { png: this.develop(request.background), look, light, drawing: this.scene.cost };
  }

  private async wear(look: string, light: boolean): Promise<{ face: Face; at: FaceMeasure }> {
    if (this.worn?.look === look && this.worn.light === light) return this.worn;
    const chosen = LOOKS.find(({ id }) => id === look);
    if (chosen === undefined) {
      throw new PortraitError(`there is no look ${look}; there are ${LOOKS.map(({ id }) => id).join(', ')}`);
    }
    const face = await Face.load(await chosen.load(light));
    this.scene.show(face);
    // Measured at rest: a head that turns shall turn in the picture.
    this.worn = { face, look, light, at: face.measure() };
    return this.worn;
  }

  private aim({ middle, pupils }: FaceMeasure, view: Viewpoint | CameraView, aspect: number): void {
    const { camera } = this.scene;
    if ('position' in view) {
      camera.fov = view.fieldOfView;
      camera.position.set(...view.position);
      camera.quaternion.set(...view.quaternion);
    } else {
      camera.fov = this.fieldOfView;
      const { target, position } = place(middle, pupils, view, camera.fov, aspect);
      camera.position.set(...position);
      camera.lookAt(...target);
    }
    const distance = camera.position.distanceTo(middle);
    camera.near = distance / 10;
    camera.far = distance * 10;
    camera.updateProjectionMatrix();
  }

  /** In the task that drew: later the canvas may be empty again. */
  private develop(background: PortraitRequest['background']): string {
    const { width, height } = this.canvas;
    this.paper.width = width;
    this.paper.height = height;
    const ink = this.paper.getContext('2d');
    if (ink === null) throw new PortraitError('this browser gives no 2D canvas');
    if (background !== undefined) {
      const [top, bottom] = typeof background === 'string' ? [background, background] : background;
      const gradient = ink.createLinearGradient(0, 0, 0, height);
      gradient.addColorStop(0, top);
      gradient.addColorStop(1, bottom);
      ink.fillStyle = gradient;
      ink.fillRect(0, 0, width, height);
    }
    ink.drawImage(this.canvas, 0, 0);
    return this.paper.toDataURL('image/png');
  }
}

function viewpoint(camera: { yaw?: number; pitch?: number; framing?: Framing } = {}): Viewpoint {
  const { yaw = 0, pitch = 0, framing = 'head' } = camera;
  if (!(framing in CUTS)) {
    throw new PortraitError(`there is no framing ${framing}; there are ${Object.keys(CUTS).join(', ')}`);
  }
  return { yaw: (yaw * Math.PI) / 180, pitch: (pitch * Math.PI) / 180, framing };
}

function fill(pose: Float32Array, channels: Readonly<Record<string, number>>): void {
  pose.fill(0);
  for (const [name, value] of Object.entries(channels)) {
    const index = CHANNELS.indexOf(name);
    if (index < 0) throw new PortraitError(`${name} is no motion channel; channels.ts names all ${CHANNEL_COUNT}`);
    pose[index] = value;
  }
}
