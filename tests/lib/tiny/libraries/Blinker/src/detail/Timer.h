#pragma once

struct Timer {
	void wait();
};
