// Child processes: what they print is kept, waiting has a limit, and they end with us.
import { spawn } from 'node:child_process';

const running = new Set();
process.on('exit', () => running.forEach(child => child.kill('SIGKILL')));

/** A started program. */
export class Program {
  constructor(command, args, options = {}) {
    this.name = command.split('/').pop();
    this.output = '';
    this.stdout = '';
    this.waiters = new Set();
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...options });
    running.add(this.child);
    this.child.stdout.on('data', data => { this.stdout += data; this.heard(data); });
    this.child.stderr.on('data', data => this.heard(data));
    this.ended = new Promise(resolve => {
      this.child.on('error', error => { this.heard(`${error}\n`); this.close(resolve, 127); });
      this.child.on('close', code => this.close(resolve, code ?? -1));
    });
  }

  close(resolve, code) {
    this.code = code;
    running.delete(this.child);
    resolve(code);
    this.heard('');
  }

  heard(data) {
    this.output += data;
    this.waiters.forEach(waiter => waiter());
  }

  /** Waits until something printed matches; gives the match. */
  printed(pattern, { seconds = 60, after = 0 } = {}) {
    return new Promise((resolve, reject) => {
      const stop = () => { clearTimeout(timer); this.waiters.delete(look); };
      const fail = why => { stop(); reject(new Error(`${this.name} ${why}; it printed:\n${this.output.slice(-3000)}`)); };
      const timer = setTimeout(() => fail(`did not print ${pattern} within ${seconds} s`), seconds * 1000);
      const look = () => {
        const match = this.output.slice(after).match(pattern);
        if (match) { stop(); resolve(match); } else if (this.code !== undefined) fail(`ended with code ${this.code}`);
      };
      this.waiters.add(look);
      look();
    });
  }

  /** Waits for the end; anything but exit code 0 is an error. */
  async success({ seconds = 120 } = {}) {
    let timer;
    const late = new Promise(resolve => { timer = setTimeout(() => resolve('late'), seconds * 1000); });
    const code = await Promise.race([this.ended, late]);
    clearTimeout(timer);
    if (code === 0) return this.output;
    await this.stop();
    throw new Error(`${this.name} ended with ${code}; it printed:\n${this.output.slice(-4000)}`);
  }

  /** Asks it to stop, and makes it. */
  async stop() {
    if (this.code !== undefined) return;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5000);
    await this.ended;
    clearTimeout(timer);
  }
}
