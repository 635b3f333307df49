#!/usr/bin/env node
import '../../dist/runners/cli/main.js';
