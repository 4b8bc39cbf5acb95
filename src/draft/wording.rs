//! The phrases of next steps and of tone: which template says what.

use serde::Deserialize;

/// The templates of `prompts/step/` and `prompts/tone/`, by their paths.
pub(crate) const TEMPLATES: [(&str, &str); 20] = [
    ("prompts/step/sick_leave.j2", include_str!("../../prompts/step/sick_leave.j2")),
    ("prompts/step/partial_leave.j2", include_str!("../../prompts/step/partial_leave.j2")),
    ("prompts/step/parental_refund.j2", include_str!("../../prompts/step/parental_refund.j2")),
    ("prompts/step/parental_fund.j2", include_str!("../../prompts/step/parental_fund.j2")),
    ("prompts/step/calendar_leave.j2", include_str!("../../prompts/step/calendar_leave.j2")),
    ("prompts/step/calendar_order.j2", include_str!("../../prompts/step/calendar_order.j2")),
    ("prompts/step/order_before_run.j2", include_str!("../../prompts/step/order_before_run.j2")),
    ("prompts/step/leave_before_run.j2", include_str!("../../prompts/step/leave_before_run.j2")),
    ("prompts/step/closing_time.j2", include_str!("../../prompts/step/closing_time.j2")),
    ("prompts/step/senior_bonus.j2", include_str!("../../prompts/step/senior_bonus.j2")),
    ("prompts/step/extra_leave.j2", include_str!("../../prompts/step/extra_leave.j2")),
    ("prompts/step/leave_hindered.j2", include_str!("../../prompts/step/leave_hindered.j2")),
    ("prompts/step/leaving_date.j2", include_str!("../../prompts/step/leaving_date.j2")),
    ("prompts/step/stop_pay.j2", include_str!("../../prompts/step/stop_pay.j2")),
    ("prompts/step/day_off.j2", include_str!("../../prompts/step/day_off.j2")),
    ("prompts/tone/bereavement.j2", include_str!("../../prompts/tone/bereavement.j2")),
    ("prompts/tone/illness.j2", include_str!("../../prompts/tone/illness.j2")),
    ("prompts/tone/dismissal.j2", include_str!("../../prompts/tone/dismissal.j2")),
    ("prompts/tone/complaint.j2", include_str!("../../prompts/tone/complaint.j2")),
    ("prompts/tone/reminder.j2", include_str!("../../prompts/tone/reminder.j2")),
];

/// The sentence by which a dated rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wording {
    SickLeave,
    PartialLeave,
    ParentalRefund,
    ParentalFund,
    CalendarLeave,
    CalendarOrder,
    OrderBeforeRun,
    LeaveBeforeRun,
    ClosingTime,
    SeniorBonus,
    ExtraLeave,
    LeaveHindered,
    LeavingDate,
    StopPay,
}

impl Wording {
    /// Its template.
    pub(crate) fn template(self) -> &'static str {
        match self {
            Self::SickLeave => "prompts/step/sick_leave.j2",
            Self::PartialLeave => "prompts/step/partial_leave.j2",
            Self::ParentalRefund => "prompts/step/parental_refund.j2",
            Self::ParentalFund => "prompts/step/parental_fund.j2",
            Self::CalendarLeave => "prompts/step/calendar_leave.j2",
            Self::CalendarOrder => "prompts/step/calendar_order.j2",
            Self::OrderBeforeRun => "prompts/step/order_before_run.j2",
            Self::LeaveBeforeRun => "prompts/step/leave_before_run.j2",
            Self::ClosingTime => "prompts/step/closing_time.j2",
            Self::SeniorBonus => "prompts/step/senior_bonus.j2",
            Self::ExtraLeave => "prompts/step/extra_leave.j2",
            Self::LeaveHindered => "prompts/step/leave_hindered.j2",
            Self::LeavingDate => "prompts/step/leaving_date.j2",
            Self::StopPay => "prompts/step/stop_pay.j2",
        }
    }
}
