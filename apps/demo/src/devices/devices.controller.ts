import { Controller, Get, NotFoundException, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AnswerLoggedOut } from 'nestjs-meveto-logout';
import { Callers } from '../auth/callers.js';
import { SameOriginGuard } from '../http/same-origin.guard.js';
import { sendPage } from '../http/send-page.js';
import { devicesPage } from '../pages/devices-page.js';
import { deviceId } from './device.js';
import { Devices } from './devices.js';

/** Lists a user's devices and signs them out. */
@Controller()
@AnswerLoggedOut('redirect')
export class DevicesController {
  constructor(
    private readonly callers: Callers,
    private readonly devices: Devices,
  ) {}

  @Get('devices')
  async show(@Req() request: Request, @Res() response: Response): Promise<void> {
    const caller = await this.callers.ofSession(request);
    if (caller === undefined) toLogin(response);
    else sendPage(response, 200, devicesPage(await this.devices.of(caller)));
  }

  /** The page polls this route for changes. */
  @Get('api/devices')
  @AnswerLoggedOut('json')
  async list(@Req() request: Request, @Res() response: Response): Promise<void> {
    const caller = await this.callers.demand(request, response);
    const devices = await this.devices.of(caller);
    response.json({
      devices: devices.map(({ signedInAt, ...device }) => ({
        ...device,
        signedInAt: new Date(signedInAt).toISOString(),
      })),
    });
  }

  @Post('devices/:id/sign-out')
  @UseGuards(SameOriginGuard)
  async signOut(@Param('id') id: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const caller = await this.callers.ofSession(request);
    if (caller === undefined) {
      toLogin(response);
    } else if (id === deviceId('session', caller.by.id)) {
      // Also clears this browser's cookie, as the logout button of the profile does.
      response.redirect(307, '/logout');
    } else if (await this.devices.signOut(caller.user, id)) {
      response.redirect(303, '/devices');
    } else {
      throw new NotFoundException('This device is not logged in any more.');
    }
  }
}

const toLogin = (response: Response): void => {
  response.set('Cache-Control', 'no-store').redirect(303, '/login');
};
